"""The back office: Flask-AppBuilder made fast, safe and good-looking once, for all modules."""

from flask import Flask


class ModuleView:
    """A module's CRUD screen."""


def init_app(app: Flask) -> None:
    """Register the back office."""
