"""Roles, staff, function menu, audit, jobs, settings: the platform's own screens."""
