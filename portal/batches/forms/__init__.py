"""What people type about batches."""
