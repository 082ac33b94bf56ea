"""How this module meets the application and those below it."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from app.modules.members.signals import member_erased
from app.modules.visits import devices, share
from app.modules.visits.commands import gate_commands, pass_commands
from app.modules.visits.operations.watching import forget_member


def connect(app: Flask) -> None:
    """Register the pages of passes, the addresses of devices and the commands; follow members who erase themselves."""
    app.register_blueprint(share.pages)
    app.register_blueprint(devices.pages)
    csrf: CSRFProtect = app.extensions["csrf"]
    csrf.exempt(devices.pages)  # devices hold no session that somebody could ride on
    app.cli.add_command(gate_commands)
    app.cli.add_command(pass_commands)
    member_erased.connect(forget_member)
