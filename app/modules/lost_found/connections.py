"""How this module meets the application and those below it."""

from flask import Flask

from app.modules.lost_found.operations import forget
from app.modules.members.signals import member_erased


def connect(app: Flask) -> None:
    """Let go of what is personal when a member erases their account."""
    member_erased.connect(forget)
