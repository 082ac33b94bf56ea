"""Where a page of this program is for people outside."""

from flask import current_app, request


def public(path: str) -> str:
    """The whole address of a path: by ``PUBLIC_URL``, or as this request came."""
    return (current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/") + path
