"""Visits, the passes that open gates, and who went through them (V1–V7)."""
