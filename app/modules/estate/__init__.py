"""Communities, buildings and units: what is managed."""
