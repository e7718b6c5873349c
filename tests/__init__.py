"""Is everything as promised?"""
