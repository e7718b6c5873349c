"""How is a container put onto a new image, faithfully, and back if the new one fails?"""
