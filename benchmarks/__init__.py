"""What does it cost? Measured side by side in one run; ratios, not promises."""
