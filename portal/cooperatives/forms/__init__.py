"""What people type about cooperatives."""
