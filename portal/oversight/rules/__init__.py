"""Pure rules of the figures: what is hidden, what a target is, what is told about a denominator."""
