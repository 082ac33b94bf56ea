"""Work outside the request: the outbox, its dispatcher and timed jobs."""

from flask import Flask


class Timed:
    """A timed job."""


def init_app(app: Flask) -> None:
    """Start the dispatcher."""
