"""海报素材库: a folder of pictures that staff keep for posters, through Flask-Admin's file view in our layout.

What is uploaded is decoded and written anew, whatever it is called; a file has no sub-folders and keeps no bytes of
what was sent. Rights are those of the ads.
"""

import io
import re
import secrets
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, abort, current_app, flash, redirect, render_template, request
from flask_admin import Admin, expose
from flask_admin.contrib.fileadmin import FileAdmin
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.core import audit, media, rights
from app.core.backoffice.pages import to_sign_in
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.modules.ads import operations

AREA = "ads"
SUBJECT = "poster_library"
"""What the audit trail calls it."""
RIGHTS = {"index_view": "view", "download": "view", "upload": "edit", "rename": "edit", "delete": "delete"}
"""What of Flask-Admin's file view there is, and the right that each page needs; the rest has no address."""
NAME = re.compile(r"[\w一-鿿 -]{1,40}\.(?:jpg|png)")


def folder() -> Path:
    """Where the pictures lie."""
    path: Path = current_app.config["DATA_DIR"] / "posters"
    return path


def names() -> list[str]:
    """The pictures that are there."""
    return sorted(path.name for path in folder().iterdir() if NAME.fullmatch(path.name))


def content(name: str) -> bytes:
    """A picture's bytes. Raises KeyError when there is none of this name."""
    if name not in names():
        raise KeyError(name)
    return (folder() / name).read_bytes()


def _clean(stem: str, kind: str) -> str:
    """A file name of the kind from what somebody typed."""
    return (re.sub(r"[^\w一-鿿 -]", "", stem)[:30].strip() or secrets.token_hex(4)) + kind


class PosterLibrary(FileAdmin):
    """The pictures as a wall: put in, looked at, taken out."""

    area: ClassVar[str] = AREA
    can_mkdir = can_delete_dirs = can_edit = False
    allowed_extensions = {"jpg", "jpeg", "png", "webp", "gif", "bmp"}
    list_template = upload_template = "ads/library.html"

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        """Before each page: signed in, and with the right."""
        if not current_user.is_authenticated:
            return to_sign_in()
        if not rights.can(self.area, RIGHTS[name]):
            abort(404)
        if (path := kwargs.get("path")) is not None and not NAME.fullmatch(path):
            abort(404)
        return None

    def is_accessible_path(self, path: str) -> bool:
        """Pictures of the folder alone."""
        return path == "" or NAME.fullmatch(path) is not None

    def _save_form_files(self, directory: str, path: str, form: Any) -> None:
        """Write the picture anew under a clean name. A refusal is said in words by the caller."""
        sent: FileStorage = form.upload.data
        try:
            picture = media.receive(sent.stream, operations.PURPOSE)
        except DomainError as error:
            raise ValueError(error.message) from None
        name = _clean(Path(sent.filename or "").stem, ".png" if picture.content_type == media.PNG else ".jpg")
        if (folder() / name).exists():
            raise ValueError(_("已有同名素材，请改名后再上传"))
        with transaction(), io.FileIO(str(folder() / name), "x") as file:
            audit.record(db.session(), "upload", SUBJECT, {"name": name})
            file.write(picture.content)

    @expose("/rename/", methods=("POST",))
    def rename(self) -> Response:
        """Give a picture another name; its kind stays."""
        before = request.form.get("path", "")
        after = _clean(request.form.get("name", ""), Path(before).suffix)
        if before not in names():
            abort(404)
        if after in names():
            flash(_("已有同名素材，请换一个名称"), "danger")
        else:
            with transaction():
                audit.record(db.session(), "rename", SUBJECT, {"name": [before, after]})
                (folder() / before).rename(folder() / after)
            flash(_("已改名为“%(name)s”", name=after), "success")
        return redirect(self.get_url(".index_view"))

    def before_file_delete(self, full_path: str, filename: str) -> None:
        """Say in the audit trail what goes."""
        with transaction():
            audit.record(db.session(), "delete", SUBJECT, {"name": Path(full_path).name})

    def render(self, template: str, **kwargs: Any) -> str:
        """In our layout."""
        return render_template(template, names=names(), library=self, may=lambda what: rights.can(AREA, what), **kwargs)


PosterLibrary._urls = [entry for entry in PosterLibrary._urls if entry[1] in RIGHTS and "old" not in entry[0]]
for _name, _action in RIGHTS.items():
    getattr(PosterLibrary, _name)._permission_name = _action


def register(app: Flask) -> None:
    """Add the pages to the application."""
    path = app.config["DATA_DIR"] / "posters"
    path.mkdir(parents=True, exist_ok=True)
    view = PosterLibrary(str(path), name="海报素材库", endpoint="poster_library", url="/ads/library")
    admin = Admin()
    admin.app = app
    app.register_blueprint(view.create_blueprint(admin))
