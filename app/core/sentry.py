"""Errors reported to Sentry, when configured: type and place, never bodies, queries, variables or errors' texts."""

from typing import Any

import sentry_sdk
from flask import Flask

KEPT = ("exception", "level", "timestamp", "event_id", "platform", "server_name", "environment", "release", "tags",
        "sdk", "transaction", "type")  # fmt: skip


def init_app(app: Flask) -> None:
    """Connect when ``SENTRY_DSN`` is set."""
    if app.config["SENTRY_DSN"]:
        sentry_sdk.init(
            dsn=app.config["SENTRY_DSN"],
            environment=app.config["APP_ENV"],
            server_name=app.config["NODE"] or None,
            default_integrations=False,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            before_send=_strip,
        )


def report(error: BaseException) -> None:
    """Tell Sentry; nothing happens without it."""
    sentry_sdk.capture_exception(error)


def _strip(event: Any, _hint: Any) -> Any:
    """Only what is known to be harmless goes out."""
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = ""
    return {name: value for name, value in event.items() if name in KEPT}
