"""What the role home pages show, read across all rooms; every statement is scoped to the actor."""
