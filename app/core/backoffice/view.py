"""``ModuleView``: the screens of one record class.

A subclass of Flask-AppBuilder's ``ModelView``, so that the framework registers its addresses; every query,
page and form is ours. What is checked once here is checked everywhere: the right, the data scope, the
limits of what an address may ask for, and that an error is a sentence and never a loss of what was typed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import abort, flash, get_template_attribute, jsonify, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import audit, clock, media
from app.core.backoffice import bulk_work, forms, listing, record_page, screens
from app.core.backoffice.elements import Bulk, Shown
from app.core.backoffice.fields import fields
from app.core.backoffice.form_pages import FormPages
from app.core.backoffice.list_pages import ListPages
from app.core.backoffice.models import BulkWork
from app.core.backoffice.pages import page, undoable
from app.core.db import LARGEST_ID, db, reading, transaction, whole_number
from app.core.errors import Conflict, Invalid
from app.core.workflow import DESTROYS, Move

MOST_TICKED = 1000
UNDO = timedelta(minutes=10)
"""For how long a move can be taken back by the one who made it."""


class ModuleView(ListPages, FormPages):
    """The list, show page, forms, moves, bulk actions, choices and export of one record class.

    See ``Declaration`` for what a module declares and overrides.
    """

    @page("/<int:pk>")
    def show(self, pk: int) -> Any:
        return self._record_page(pk)

    @page("/<int:pk>/reveal", action="reveal", methods=("POST",))
    def reveal(self, pk: int) -> Any:
        """The record's page once with its masked values in full; the look is audited."""
        if not self.may_reveal():
            abort(404)
        with transaction():
            record_page.reveal(self, db.session(), self.find(db.session(), pk))
        return self._record_page(pk, revealed=True)

    @page("/<int:pk>/delete", methods=("GET", "POST"))
    def delete(self, pk: int) -> Any:
        if not self.may_delete():
            abort(404)
        session = db.session()
        record = self.find(session, pk)
        name = self.describe(record)
        if request.method == "GET":
            heading, back = _("删除%(noun)s", noun=self.noun), self.url("show", pk=pk)
            return self._confirm(heading, self.delete_question(record), back, about=name)
        try:
            with transaction():
                self.remove(session, self.find(session, pk, lock=True))
        except forms.REFUSALS as error:
            self._flash(error, self.model)
            return redirect(self.url("show", pk=pk))
        flash(_("已删除“%(name)s”", name=name), "success")
        return redirect(self.url("list"))

    @page("/<int:pk>/move/<name>", methods=("GET", "POST"))
    def move(self, pk: int, name: str) -> Any:
        """A workflow move: GET asks, with the inputs it needs; POST makes it."""
        if name not in self.moves or not self.may(self.model.flow.moves[name].right):
            abort(404)
        move, session = self.model.flow.moves[name], db.session()
        record = self.find(session, pk)
        about, back = self.describe(record), self.url("show", pk=pk)
        form = forms.bind(self.move_forms[name]) if name in self.move_forms else None
        question = self.move_question(record, name)
        if request.method == "GET":
            return self._confirm(move.title, question, back, about=about, form=form)
        if form is not None and not forms.accept(form, lambda what, ids: self.chosen(session, what, ids)):
            return self._confirm(move.title, question, back, about=about, form=form, status=422)
        try:
            with transaction():
                values = forms.values(form) if form is not None else {}
                self.make_move(session, self.find(session, pk), name, values)
        except forms.REFUSALS as error:
            if form is not None and isinstance(error, Invalid):
                problems = forms.explain(form, error, self.model)
                return self._confirm(move.title, question, back, about=about, form=form, problems=problems, status=422)
            self._flash(error, self.model)
            return redirect(back)
        done = _("已%(move)s", move=move.title)
        if self._may_undo(move):
            done = undoable(done, self.url("undo", pk=pk))
        flash(done, "success")
        return redirect(back)

    def _may_undo(self, move: Move) -> bool:
        """Whether the signed-in person may make the move that takes this one back, which needs no further input."""
        offered = move.undo in self.moves and move.undo not in self.move_forms
        return offered and self.may(self.model.flow.moves[move.undo].right)

    @page("/<int:pk>/undo", methods=("POST",))
    def undo(self, pk: int) -> Any:
        """Take back what one has just done to a record, if nothing else has happened to it since."""

        def take_back(session: Session, record: Any) -> None:
            last = audit.last(session, record)
            move = self.model.flow.moves.get(last.action) if last is not None and self.moves else None
            if last is None or move is None or not self._may_undo(move):
                raise Conflict(_("此记录在那之后已有变动，不能撤销"))
            if (last.actor_kind, last.actor_id) != ("staff", str(current_user.id)):
                raise Conflict(_("此记录已由 %(who)s 处理，不能撤销", who=last.actor_name))
            if last.at < clock.now() - UNDO:
                raise Conflict(_("已超过 %(minutes)s 分钟，不能撤销", minutes=UNDO // timedelta(minutes=1)))
            self.make_move(session, record, move.undo, {})

        return self.act(pk, take_back, _("已撤销"))

    @page("/bulk/<name>", methods=("POST",))
    def bulk(self, name: str) -> Any:
        """An action over the ticked rows: a page that asks, then the work, with a page that says how far it is."""
        action: Bulk | None = self.bulks.get(name)
        if action is None or not self.may(action.action):
            abort(404)
        session, back = db.session(), self.url("list", **self.kept(request.args))
        ids = {number for text in request.form.getlist("ids") if (number := whole_number(text)) is not None}
        query = self.scoped().where(self.model.id.in_(ids))
        count = listing.count(session, query, MOST_TICKED) if len(ids) <= MOST_TICKED else 0
        if not count:
            flash(_("请选择 1 至 %(limit)s 条记录", limit=MOST_TICKED), "warning")
            return redirect(back)
        if "confirmed" not in request.form:
            about = _("已选择 %(count)s 条", count=count)
            return self._confirm(action.title, action.confirm, back, about=about, ids=sorted(ids))
        try:
            with transaction():
                if action.whole:
                    return getattr(self, name)(session, query)
                work = bulk_work.start(session, self, action, query, self.kept(request.args))
                return redirect(self.url("bulk_progress", work_id=work.id))
        except forms.REFUSALS as error:
            self._flash(error, self.model)
            return redirect(back)

    @page("/work/<int:work_id>")
    def bulk_progress(self, work_id: int) -> Any:
        """How far a bulk action of one's own is, and which rows were refused why."""
        session, work = db.session(), self._own_work(work_id)
        refused = self.scoped().where(self.model.id.in_([number for number, _reason in work.refusals]))
        records = session.scalars(refused.options(*screens.describing(self.model)))
        names = {record.id: self.describe(record) for record in records}
        return self.render("backoffice/bulk_work.html", work=work, names=names, action=self.bulks[work.action])

    @page("/work/<int:work_id>/state")
    def bulk_state(self, work_id: int) -> Response:
        """``{"busy", "done", "total"}`` for the progress bar."""
        work = self._own_work(work_id)
        return jsonify(busy=work.finished_at is None, done=work.done, total=work.total)

    def _own_work(self, work_id: int) -> BulkWork:
        work = db.session.get(BulkWork, work_id, populate_existing=True) if work_id <= LARGEST_ID else None
        if work is None or (work.user_id, work.view) != (current_user.id, type(self).__name__):
            abort(404)
        return work if work.action in self.bulks else abort(404)

    def _record_page(self, pk: int, *, revealed: bool = False) -> Any:
        session = db.session()
        with reading():
            record = self.find(session, pk)
            shown = [column for _title, part in self.shown_sections for column in part]
            computed, names = record_page.gather(session, [record], shown)
            sections = [
                (title, [(c, self.cell(c, record, computed, names, revealed=revealed)) for c in part])
                for title, part in self.shown_sections
            ]

            def value(name: str, other: Any = None) -> Any:
                """A column of this record, or of another of its kind, drawn."""
                column = Shown(name, "", self._attribute(name))
                drawn = self.cell(column, other or record, {}, names, revealed=revealed)
                return get_template_attribute("backoffice/_cells.html", "draw_cell")(drawn)

            page_context = {
                "record": record,
                "heading": self.describe(record),
                "sections": sections,
                "revealed": revealed,
                "value": value,
                "moves": record_page.open_moves(self, record),
                "related": record_page.related_tables(self, session, record),
                "pictures": media.of(session, record) if self.images else (),
                "history": record_page.history(self, session, record),
                "buttons": [button for button in self.extra_buttons(record) if self.may(button.right)],
            }
            return self.render(self.show_template, **(page_context | self.show_context(record)))

    def _confirm(self, title: str, question: str, back: str, *, about: str = "", form: Any = None, status: int = 200,
                 ids: Any = (), problems: Any = ()) -> Any:  # fmt: skip
        """A page that says what will happen, ``about`` what, before it happens; with the inputs it needs.

        What the words say cannot be restored is a red button.
        """
        return self.render(
            "backoffice/confirm.html", status, heading=title, question=question, about=about, back=back, ids=ids,
            danger=DESTROYS in question, problems=problems, form=form,
            fields=() if form is None else tuple(fields(form)),
        )  # fmt: skip

    def act(self, record_id: int, work: Callable[[Session, Any], Any], done: str, *, about: Any = None,
            back: str = "") -> Response:  # fmt: skip
        """Do ``work`` to a record in one transaction, say how it went, and show its page (or ``back``).

        For a view's own POST pages. ``about`` is the model whose columns a refusal of the database speaks of.
        """
        session = db.session()
        try:
            with transaction():
                work(session, self.find(session, record_id))
            flash(done, "success")
        except forms.REFUSALS as error:
            self._flash(error, about or self.model)
        return redirect(back or self.url("show", pk=record_id))

    def _flash(self, error: Exception, model: Any) -> None:
        for message in forms.words(error, model).values():
            flash(message, "danger")
