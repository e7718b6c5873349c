"""What does a user type, and what do they get to see?"""
