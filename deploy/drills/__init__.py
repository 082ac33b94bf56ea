"""Faults rehearsed under load on one machine: ``python -m deploy.drills``; what was measured is in docs/drills.md."""
