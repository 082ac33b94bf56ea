"""The add form and the edit form of a screen, with the pictures that are sent for them."""

from typing import Any

from flask import abort, flash, jsonify, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from app.core import richtext
from app.core.backoffice import forms, pictures, screens
from app.core.backoffice.cells import cell
from app.core.backoffice.declaration import Declaration
from app.core.backoffice.fields import RelationField, fields
from app.core.backoffice.pages import page
from app.core.db import db, reading, transaction
from app.core.errors import Conflict, DomainError

VERSION = "_version"


class FormPages(Declaration):
    """The forms of a ``ModuleView``."""

    @page("/new", methods=("GET", "POST"))
    def add(self) -> Any:
        return self._form(None) if self.may_add() else abort(404)

    @page("/<int:pk>/edit", methods=("GET", "POST"))
    def edit(self, pk: int) -> Any:
        if not self.may_edit():
            abort(404)
        record = self.find(db.session(), pk)
        if request.method == "GET" and (why := self.fixed(record)):
            flash(why, "warning")
            return redirect(self.url("show", pk=pk))
        return self._form(record)

    @page("/images", action="edit", methods=("POST",))
    def upload(self) -> Any:
        """One picture of a form: ``{"key"}``, or ``{"message"}`` with what is wrong."""
        if not self.images or not (self.may_add() or self.may_edit()):
            abort(404)
        return self._upload(self.images)

    def _upload(self, purpose: str) -> Any:
        owner_id = str(current_user.id)
        db.session.rollback()  # decoding takes its time: no transaction is open meanwhile
        try:
            with transaction():
                return jsonify(pictures.upload(db.session(), purpose, owner_id))
        except DomainError as error:
            return jsonify({"message": error.message}), error.status

    @page("/rich-images", action="edit", methods=("POST",))
    def upload_rich(self) -> Any:
        """One picture of a rich text: ``{"key"}``, or ``{"message"}`` with what is wrong."""
        if not any(True for _name in richtext.columns(self.model)) or not (self.may_add() or self.may_edit()):
            abort(404)
        return self._upload(richtext.PURPOSE)

    def _preset(self) -> dict[str, Any]:
        """What the address of an add form fills in."""
        return forms.preset(
            self.add_attributes, request.args, lambda what, key: self.candidate(db.session(), what, key)
        )

    def _form(self, record: Any) -> Any:
        """The add form (no record) or the edit form."""
        session, pk = db.session(), record.id if record is not None else None
        form = forms.bind(self.add_form if record is None else self.edit_form, record, self._preset())
        version = record.updated_at.isoformat() if record is not None else ""
        problems: Any = []
        if request.method == "POST":
            if forms.accept(form, lambda what, ids: self.chosen(session, what, ids)):
                try:
                    with transaction():
                        saved_id = self._save(session, form, pk)
                    flash(_("已保存"), "success")
                    visible = session.scalar(self.scoped().where(self.model.id == saved_id)) is not None
                    return redirect(self.url("show", pk=saved_id) if visible else self.url("list"))
                except forms.REFUSALS as error:
                    problems = forms.explain(form, error, self.model)
            with reading():
                if pk is not None:
                    record = self.find(session, pk)
                    version = record.updated_at.isoformat()
                    if request.form.get(VERSION, version) != version:
                        self._show_current(form, record)
                return self._form_page(form, record, version, problems, 422)
        return self._form_page(form, record, version, problems, 200)

    def _form_page(self, form: Any, record: Any, version: str, problems: Any, status: int) -> Any:
        session = db.session()
        for field in fields(form):
            if isinstance(field, RelationField) and (ids := forms.related_ids(field)):
                chosen = self.chosen(session, field.attribute, ids)
                field.titles = [(number, screens.describe(record)) for number, record in chosen.items()]
        heading = _("新增%(noun)s", noun=self.noun) if record is None else _("修改%(noun)s", noun=self.noun)
        return self.render(
            "backoffice/form.html", status, form=form, fields=tuple(fields(form)), record=record, heading=heading,
            images=pictures.shown(session, self.images, record) if self.images else None,
            version=version, name="" if record is None else self.describe(record), problems=problems,
        )  # fmt: skip

    def _save(self, session: Session, form: Any, pk: int | None) -> int:
        record = None if pk is None else self.find(session, pk, lock=True)
        if record is not None and request.form.get(VERSION) not in (None, record.updated_at.isoformat()):
            raise Conflict(
                _("您打开页面之后，此记录已被他人修改。请核对下面标出的当前值，再次保存将以您填写的内容为准。")
            )
        saved = self.save(session, record, forms.values(form))
        session.flush()
        if self.images:
            pictures.save(session, self.images, self.images_most, saved)
        richtext.keep_pictures(session, saved)
        self.saved(session, saved)
        return int(saved.id)

    def _show_current(self, form: Any, record: Any) -> None:
        """Beside each field that someone else changed meanwhile, what is stored now."""
        stored = forms.stored(type(form), record)
        for field, now in zip(fields(form), fields(stored), strict=True):
            if field.control == "masked" or now.data != field.data:
                field.current = self._current_text(now, record)

    def _current_text(self, field: Any, record: Any) -> str:
        if isinstance(field, RelationField):
            chosen = self.chosen(db.session(), field.attribute, forms.related_ids(field))
            return _("、").join(screens.describe(one) for one in chosen.values())
        shown = cell(field.attribute, getattr(record, field.attribute.key))
        return _("、").join(shown.many) or shown.text or _("空")
