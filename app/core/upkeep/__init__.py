"""What keeps an installation alive for years: backup, restore, and the doctor; see docs/manual/maintenance.md."""

from app.core.upkeep.commands import init_app

__all__ = ("init_app",)
