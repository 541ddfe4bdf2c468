"""Many codes at once, with a signed receipt."""
