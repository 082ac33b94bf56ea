"""Commands of the operator: ``flask --app run <name>``."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
