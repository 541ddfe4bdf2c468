"""What the pages of oversight show, prepared for their templates."""
