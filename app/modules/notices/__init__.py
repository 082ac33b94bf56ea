"""Notices: what the property tells its residents and visitors (N1)."""
