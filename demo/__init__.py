"""What does the program do for its user? Shown on a private engine and registry, never on the user's containers."""
