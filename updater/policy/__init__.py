"""What may update, and why not? Pure: labels and settings in, decisions out."""
