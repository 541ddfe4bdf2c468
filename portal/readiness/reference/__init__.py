"""Shipped service lines as data."""
