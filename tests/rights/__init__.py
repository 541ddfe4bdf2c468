"""Rights over one's data, across all rooms."""
