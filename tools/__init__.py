"""Small developer commands. Nothing in portal/ imports them."""
