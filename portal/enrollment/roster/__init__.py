"""Nomination rosters: from the bytes of a file to people, bad rows with reasons, and warnings. Pure."""
