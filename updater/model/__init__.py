"""What are the things this program speaks of? Frozen values, in the field's own words; imports nothing of ours."""
