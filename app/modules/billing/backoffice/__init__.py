"""Back office of billing."""
