"""Security headers of every answer; pages run no script and style but its own files and nonces."""

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

STRICT = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)

PICTURE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
"""A picture that is opened by itself: browsers lay it out with a style of their own, and there is nothing to run."""

STATIC = ("static", "appbuilder.static")
FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
"""For files that others name without a version: the fonts of a stylesheet."""


def init_app(app: Flask) -> None:
    """Add the headers after each request and ``csp_nonce()`` to the templates.

    A view that needs another policy sets the header itself; it is left alone.
    """
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_protect)
    app.add_url_rule("/favicon.ico", "favicon", favicon)
    app.url_defaults(_name_version)


def favicon() -> Redirect:
    """Where browsers look for an icon that no page has named."""
    return redirect(url_for("static", filename="backoffice/icon.svg"))


def csp_nonce() -> str:
    """The nonce of this answer's own inline scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def _protect(response: Response) -> Response:
    headers = response.headers
    drawn = response.mimetype in ("image/png", "image/jpeg")
    headers.setdefault("Content-Security-Policy", PICTURE if drawn else STRICT.format(nonce=csp_nonce()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("X-Frame-Options", "DENY")
    if current_app.config["PRODUCTION"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint in STATIC and response.status_code in (200, 304):
        headers["Cache-Control"] = FOREVER if "v" in request.args else A_DAY
    elif not request.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    return response


def _name_version(endpoint: str, values: dict[str, Any]) -> None:
    """Put the version of a static file into its address, so that browsers may keep it for good."""
    if endpoint not in STATIC or "filename" not in values:
        return
    owner = current_app if endpoint == "static" else current_app.blueprints[endpoint.partition(".")[0]]
    path = Path(owner.static_folder or "", values["filename"])
    if path.is_file():
        values["v"] = version(path)


@cache
def version(path: Path) -> str:
    """A short digest of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
