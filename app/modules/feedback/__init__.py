"""Complaints and suggestions: filed, answered in time, rated (C1, C2)."""
