"""``/m/``: the H5 build of ``miniprogram/``, as files.

The files under ``assets`` carry a digest of their content in their names and are kept by browsers for good; the page
that names them is asked for anew each time. Without a build a page says in Chinese how to make one.
"""

from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, abort, current_app, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from app.core.headers import FOREVER

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
BUILD = Path(__file__).parents[2] / "miniprogram" / "dist" / "build" / "h5"
INDEX = "index.html"
COMPRESSED = (".js", ".css", ".html", ".svg")


def init_app(app: Flask) -> None:
    """Register the addresses. ``H5_DIR`` in the configuration is another place of the build (tests)."""
    app.config.setdefault("H5_DIR", BUILD)
    app.add_url_rule("/m", "h5_start", lambda: redirect("/m/"))
    app.add_url_rule("/m/", "h5_index", index)
    app.add_url_rule("/m/<path:name>", "h5_file", file)


def index() -> AnyResponse:
    """The page that starts the program, or how to build it (503, so that nobody takes it for the program)."""
    folder = current_app.config["H5_DIR"]
    if not (folder / INDEX).is_file():
        return Response(render_template("h5_missing.html"), 503, content_type="text/html; charset=utf-8")
    return _send(INDEX, "no-cache")


def file(name: str) -> AnyResponse:
    """A file of the build; what is not there is 404, never the start page."""
    if name == INDEX or name.startswith("."):
        abort(404)
    return _send(name, FOREVER if name.startswith("assets/") else "no-cache")


def _send(name: str, kept: str) -> AnyResponse:
    """The file, or the compressed copy that the build put beside it."""
    folder: Path = current_app.config["H5_DIR"]
    packed = f"{name}.gz"
    small = "gzip" in request.accept_encodings and name.endswith(COMPRESSED) and (folder / packed).is_file()
    response: AnyResponse = send_from_directory(folder, packed if small else name, mimetype=guess_type(name)[0])
    if small:
        response.headers["Content-Encoding"] = "gzip"
    if name.endswith(COMPRESSED):
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = kept
    response.headers["Content-Security-Policy"] = POLICY
    return response
