"""Mobile and machine endpoints of billing."""
