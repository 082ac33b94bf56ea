"""What the demonstration park has of billing."""
