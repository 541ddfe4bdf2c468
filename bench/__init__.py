"""The benchmark: what the portal costs beside what its own framework could do at best, in one run."""
