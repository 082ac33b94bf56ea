"""The import pages of every sheet: upload, dry run, confirmation, result, undo; and the template."""

from typing import Any

from flask import Flask, abort, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import clock, rights
from app.core.backoffice.pages import PageView, page
from app.core.db import db, transaction
from app.core.errors import Conflict, DomainError, TooLarge
from app.core.jobs import put
from app.core.module import IMPORT as IMPORT_RIGHT
from app.core.module import Module, Registry
from app.core.sheets import files
from app.core.sheets.export import MIMETYPE
from app.core.sheets.jobs import CHECK, IMPORT, JOBS
from app.core.sheets.models import ImportJob
from app.core.sheets.sheet import Sheet
from app.core.sheets.template import template
from app.core.sheets.write import undo

RECENT = 10
BUSY = ("checking", "importing")
XLSX = "xlsx"


def init_app(app: Flask) -> None:
    """Register the import pages of every module's sheets, and the work behind them."""
    registry: Registry = app.extensions["registry"]
    registry.take_on(JOBS)
    for module in registry:
        for sheet in module.sheets:
            registry.require(sheet.area, IMPORT_RIGHT.key)
            app.appbuilder.add_view_no_menu(pages_of(module, sheet))


def pages_of(module: Module, sheet: Sheet) -> type[PageView]:
    """The view class of one sheet, under ``/import/<name>``."""
    return type(
        sheet.endpoint,
        (ImportPages,),
        {"area": sheet.area, "sheet": sheet, "module": module, "route_base": f"/import/{sheet.name}"},
    )


class ImportPages(PageView):
    """Upload a sheet, look at what it would do, confirm, and take it back if need be.

    An import is seen by who started it and by superadmins.
    """

    title = "导入"
    icon = "fa-file-import"
    menu = False
    sheet: Sheet
    module: Module

    @page("/", action="import")
    def index(self) -> Any:
        """The upload form, and one's latest imports."""
        return self._upload_page()

    @page("/template.xlsx", action="import")
    def template(self) -> Response:
        """The sheet to fill in."""
        return self._download(template(self.sheet), _("%(title)s导入模板", title=self.sheet.title))

    @page("/", action="import", methods=("POST",))
    def upload(self) -> Any:
        """Take a file and have it checked."""
        try:
            if (request.content_length or 0) > files.MOST_BYTES + 4096:
                raise TooLarge(_("文件超过 20 MB，请拆分后分批导入"))
            taken = files.accept(request.files.get("file"))
        except DomainError as error:
            return self._upload_page("".join(error.by_field().values())), error.status
        key = files.keep(taken.data)
        with transaction():
            session = db.session()
            job = ImportJob(
                sheet=self.sheet.name,
                filename=taken.name,
                file_key=key,
                sha256=taken.sha256,
                user_id=current_user.id,
            )
            session.add(job)
            session.flush()
            put(session, CHECK, {"id": job.id})
            address = self._url("show", job_id=job.id)
        return redirect(address)

    @page("/<int:job_id>", action="import")
    def show(self, job_id: int) -> Any:
        """How far it is, what it would do, or what it did."""
        return self._job_page(self._job(db.session(), job_id))

    @page("/<int:job_id>/state", action="import")
    def state(self, job_id: int) -> Response:
        """``{"busy", "done", "total"}`` for the progress bar."""
        job = self._job(db.session(), job_id)
        return jsonify(busy=job.state in BUSY, done=job.done, total=job.total)

    @page("/<int:job_id>/failed.xlsx", action="import")
    def failed(self, job_id: int) -> Any:
        """The rows with errors and their reasons, to be corrected and uploaded again."""
        job = self._job(db.session(), job_id)
        if not job.failed_key:
            abort(404)
        return self._download(files.load(job.failed_key), _("%(title)s错误行", title=self.sheet.title))

    @page("/<int:job_id>/confirm", action="import", methods=("POST",))
    def confirm(self, job_id: int) -> Response:
        """Import what was checked."""
        return self._move(job_id, "confirm", "")

    @page("/<int:job_id>/cancel", action="import", methods=("POST",))
    def cancel(self, job_id: int) -> Response:
        """Leave it, and remove the file."""
        return self._move(job_id, "cancel", _("已取消导入，没有写入任何数据"))

    @page("/<int:job_id>/undo", action="import", methods=("POST",))
    def undo(self, job_id: int) -> Response:
        """Take the whole import back."""
        return self._move(job_id, "undo", _("已撤销本次导入"))

    def _move(self, job_id: int, name: str, done: str) -> Response:
        try:
            with transaction():
                session = db.session()
                job = self._job(session, job_id)
                if name == "confirm" and (job.failed_rows or not job.created_rows + job.updated_rows):
                    raise Conflict(_("没有可以导入的内容"))
                ImportJob.flow.apply(session, job, name)
                if name == "confirm":
                    put(session, IMPORT, {"id": job.id})
                elif name == "undo":
                    undo(session, self.sheet, job)
                keys = (job.file_key, job.failed_key) if name == "cancel" else ()
            for key in keys:
                files.drop(key)
            if done:
                flash(done, "success")
        except DomainError as error:
            flash(error.message, "danger")
        except IntegrityError:
            flash(_("导入的记录已被其他数据引用，不能整批撤销"), "danger")
        return redirect(self._url("show", job_id=job_id))

    def _job(self, session: Session, job_id: int) -> ImportJob:
        """This sheet's import, if it is one's own. Raises NotFound (404) otherwise."""
        job = session.get(ImportJob, job_id, populate_existing=True) if job_id < 2**63 else None
        if job is None or job.sheet != self.sheet.name:
            abort(404)
        if job.user_id != current_user.id and not rights.is_superadmin():
            abort(404)
        return job

    def _upload_page(self, error: str = "") -> str:
        mine = select(ImportJob).where(ImportJob.sheet == self.sheet.name, ImportJob.user_id == current_user.id)
        recent = db.session.scalars(mine.order_by(ImportJob.id.desc()).limit(RECENT)).all()
        return render_template(
            "sheets/upload.html", view=self, error=error, recent=recent, states=ImportJob.flow.states, at=_moment
        )

    def _job_page(self, job: ImportJob) -> str:
        return render_template(
            "sheets/job.html", view=self, job=job, busy=job.state in BUSY, states=ImportJob.flow.states, at=_moment
        )

    def _url(self, method: str, **values: Any) -> str:
        return url_for(f"{self.sheet.endpoint}.{method}", **values)

    def _download(self, data: bytes, name: str) -> Response:
        response = send_file(
            files.stream(data), mimetype=MIMETYPE, as_attachment=True, download_name=f"{name}.{XLSX}", max_age=0
        )
        response.headers["Cache-Control"] = "no-store"
        return response


def _moment(moment: Any) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else ""
