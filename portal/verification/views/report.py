"""A stranger reports a paper that looks forged."""
