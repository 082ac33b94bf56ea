"""Convenience information: bus lines, hospitals, numbers to call (N3)."""
