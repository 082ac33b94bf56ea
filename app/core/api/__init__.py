"""The mobile API factory."""

from flask import Flask


class Endpoints:
    """The endpoints of one module."""


def init_app(app: Flask) -> None:
    """Register the API."""
