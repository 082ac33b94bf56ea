"""How this module meets the application and those below it."""

from flask import Flask

from app.modules.leasing.operations import forget
from app.modules.leasing.share import pages
from app.modules.members.signals import member_erased


def connect(app: Flask) -> None:
    """Register the public page, and let go of what is personal when a member erases their account."""
    app.register_blueprint(pages)
    member_erased.connect(forget)
