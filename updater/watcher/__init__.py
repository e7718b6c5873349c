"""What runs, what is published, and do they differ?"""
