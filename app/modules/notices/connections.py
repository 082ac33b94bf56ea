"""What this module hears from those below it."""

from flask import Flask

from app.modules.members.signals import member_erased
from app.modules.notices.operations import forget


def connect(_app: Flask) -> None:
    """Let go of what is personal when a member erases their account."""
    member_erased.connect(forget)
