"""What do we remember? The only files this program writes; everything works without them.

Where a running update stands is known to the engine alone. Nothing here is ever a reason to fail an update.
"""
