"""A whole regency played through the services: from its roster to certificates verified over HTTP."""
