"""``ModuleView``: the screens of one record class.

A subclass of Flask-AppBuilder's ``ModelView``, so that the framework registers its addresses; every query,
page and form is ours. What is checked once here is checked everywhere: the right, the data scope, the
limits of what an address may ask for, and that an error is a sentence and never a loss of what was typed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, get_template_attribute, jsonify, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import media, richtext, sheets
from app.core.backoffice import filters, forms, listing, pictures, record_page, saved_filters, screens
from app.core.backoffice.attributes import LARGEST_BIGINT, Attribute
from app.core.backoffice.cells import cell
from app.core.backoffice.declaration import Declaration
from app.core.backoffice.elements import Bulk, Shown
from app.core.backoffice.fields import RelationField, fields
from app.core.backoffice.pages import page
from app.core.db import db, reading, transaction, whole_number
from app.core.errors import Conflict, DomainError, Invalid

CHOICES_SHOWN = 20
MOST_TICKED = 1000
VERSION = "_version"


class ModuleView(Declaration):
    """The list, show page, forms, moves, bulk actions, choices and export of one record class.

    See ``Declaration`` for what a module declares and overrides.
    """

    @page("/new", methods=("GET", "POST"))
    def add(self) -> Any:
        return self._form(None) if self.may_add() else abort(404)

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

    @page("/<int:pk>/edit", methods=("GET", "POST"))
    def edit(self, pk: int) -> Any:
        if not self.may_edit():
            abort(404)
        return self._form(self.find(db.session(), pk))

    @page("/<int:pk>/delete", methods=("GET", "POST"))
    def delete(self, pk: int) -> Any:
        if not self.may_delete():
            abort(404)
        session = db.session()
        record = self.find(session, pk)
        name = self.describe(record)
        if request.method == "GET":
            question = _("确定删除“%(name)s”吗?删除后不能恢复。", name=name)
            return self._confirm(_("删除%(noun)s", noun=self.noun), question, self.url("show", pk=pk), danger=True)
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
        title, back = self.describe(record), self.url("show", pk=pk)
        form = forms.bind(self.move_forms[name]) if name in self.move_forms else None
        question = move.confirm or _("确定对“%(name)s”执行“%(move)s”吗?", name=title, move=move.title)
        if request.method == "GET":
            return self._confirm(move.title, question, back, form=form)
        if form is not None and not forms.accept(form, lambda what, ids: self.chosen(session, what, ids)):
            return self._confirm(move.title, question, back, form=form, status=422)
        try:
            with transaction():
                values = forms.values(form) if form is not None else {}
                self.make_move(session, self.find(session, pk), name, values)
        except forms.REFUSALS as error:
            if form is not None and isinstance(error, Invalid):
                problems = forms.explain(form, error, self.model)
                return self._confirm(move.title, question, back, form=form, problems=problems, status=422)
            self._flash(error, self.model)
            return redirect(back)
        flash(_("已%(move)s", move=move.title), "success")
        return redirect(back)

    @page("/bulk/<name>", methods=("POST",))
    def bulk(self, name: str) -> Any:
        """An action over the ticked rows: first a page that asks, then the action in one transaction."""
        action: Bulk | None = self.bulks.get(name)
        if action is None or not self.may(action.action):
            abort(404)
        session, back = db.session(), self.url("list", **self.kept(request.args))
        ids = {number for text in request.form.getlist("ids") if (number := whole_number(text)) is not None}
        if not ids or len(ids) > MOST_TICKED:
            flash(_("请选择 1 至 %(limit)s 条记录", limit=MOST_TICKED), "warning")
            return redirect(back)
        query = self.scoped().where(self.model.id.in_(ids))
        count = listing.count(session, query, MOST_TICKED)
        if "confirmed" not in request.form:
            question = action.confirm or _("将执行“%(title)s”。", title=action.title)
            return self._confirm(
                action.title, _("已选择 %(count)s 条记录。", count=count) + question, back, ids=sorted(ids)
            )
        try:
            with transaction():
                message = getattr(self, name)(session, query)
        except forms.REFUSALS as error:
            self._flash(error, self.model)
            return redirect(back)
        if isinstance(message, Response):
            return message
        flash(message or _("已完成“%(title)s”,共 %(count)s 条", title=action.title, count=count), "success")
        return redirect(back)

    @page("/choices/<name>")
    def choices(self, name: str) -> Any:
        """At most twenty records that may be chosen for a relationship: ``{"items": [{"id", "text"}], "more"}``."""
        known = {a.name: a for a in (*self.filter_attributes, *self.add_attributes, *self.edit_attributes)}
        relation = known.get(name)
        if relation is None or relation.target is None:
            abort(404)
        answer = jsonify(self._choices(relation, request.args.get("q", ""), request.args.get("page", "")))
        answer.headers["Cache-Control"] = "no-store"
        return answer

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

    @page("/search", methods=("POST",))
    def find_by_form(self) -> Any:
        """The filter form of lists with personal columns: what was typed goes sealed into the address."""
        sealed = {a.name for a in self.filter_attributes if a.privacy} | {"q"}
        wanted = {}
        for name, text in self.kept(request.form).items():
            text = text.strip()
            if text:
                wanted[name] = filters.seal_text(text[: filters.LONGEST]) if name in sealed and text[0] != "~" else text
        return redirect(self.url("list", **wanted))

    @page("/saved", methods=("POST",))
    def save_filter(self) -> Any:
        chosen = self._chosen(db.session(), request.args)
        try:
            with transaction():
                saved_filters.save(db.session(), type(self).__name__, request.form.get("name", ""), chosen.arguments)
            flash(_("已保存常用筛选"), "success")
        except DomainError as error:
            flash(error.message, "warning")
        return redirect(self.url("list", **chosen.arguments))

    @page("/saved/<int:saved_id>/delete", methods=("POST",))
    def delete_filter(self, saved_id: int) -> Any:
        if saved_id > LARGEST_BIGINT:
            abort(404)
        with transaction():
            saved_filters.remove(db.session(), type(self).__name__, saved_id)
        flash(_("已删除常用筛选"), "success")
        return redirect(self.url("list", **self.kept(request.args)))

    @page("/export", action="export", methods=("POST",))
    def export(self) -> Any:
        """Exactly the filtered list as a sheet; personal columns masked without the right to reveal."""
        if self.sheet is None or not self.may_export():
            abort(404)
        filters_kept = self._chosen(db.session(), request.args).arguments
        query = self.filtered_select(request.args)
        return sheets.export_response(self.sheet, query, reveal=self.may("reveal"), filters=filters_kept)

    def filtered_select(self, arguments: Mapping[str, str]) -> Select[Any]:
        """The records of the list that these arguments of its address show, in its order."""
        session = db.session()
        chosen = self._chosen(session, MultiDict(arguments))
        order = self.sort_orders.get(arguments.get("sort", ""), self.default_order)
        ordering = [s.attribute.expression.desc() if s.descending else s.attribute.expression for s in order]
        return self.scoped().where(*chosen.conditions).order_by(*ordering)

    @page("/")
    def list(self) -> Any:
        session, arguments = db.session(), request.args
        chosen = self._chosen(session, arguments)
        sort, size = arguments.get("sort", ""), arguments.get("size", "")
        order = self.sort_orders.get(sort, self.default_order)
        if sort and sort not in self.sort_orders:
            chosen.notices.append(_("不支持该排序方式,已按默认顺序显示"))
            sort = ""
        if size and size not in {str(known) for known in listing.SIZES}:
            chosen.notices.append(_("不支持该每页条数,已按默认条数显示"))
            size = ""
        try:
            cursor = listing.read_cursor(order, arguments.get("at", ""))
        except ValueError:
            cursor = None
            chosen.notices.append(_("页码已失效,已回到第一页"))
        attributes = [s.attribute for s in self.shown_columns if s.attribute]
        query = self.scoped().where(*chosen.conditions)
        rows = listing.page(session, query, order, int(size or listing.SIZES[0]), cursor, self.loaders(attributes))
        kept = chosen.arguments | ({"sort": sort} if sort else {}) | ({"size": size} if size else {})
        return self.render(
            "backoffice/list.html",
            chosen=chosen, rows=rows, kept=kept, sort=sort, size=int(size or listing.SIZES[0]), sizes=listing.SIZES,
            table=record_page.table(self, session, rows.records, self.shown_columns),
            saved=saved_filters.of(session, type(self).__name__),
            bulks=[action for action in self.bulks.values() if self.may(action.action)],
            buttons=[button for button in self.list_buttons() if self.may(button.right)],
        )  # fmt: skip

    def _chosen(self, session: Session, arguments: Mapping[str, str]) -> filters.Chosen:
        """The filters and the search of an address."""
        given = MultiDict(arguments)
        chosen = filters.read(
            self.filter_attributes,
            given,
            lambda what, key: self.candidate(session, what, key),
            screens.describe,
        )
        raw = given.get("q", "")
        if self.search_attributes and raw.strip():
            text = filters.unseal_text(raw) if raw.startswith("~") else filters.clean(raw)
            if text is None:
                chosen.notices.append(_("搜索内容无效,已忽略"))
            else:
                chosen.conditions.append(filters.search_condition(self.search_attributes, text))
                chosen.arguments["q"] = filters.seal_text(text) if self.seals_search else text
                chosen.search = text
                chosen.chips.append(filters.Chip(_("搜索:%(text)s", text=text), ("q",)))
        return chosen

    def _choices(self, relation: Attribute, typed: str, page_text: str) -> dict[str, Any]:
        """The answer of ``choices``."""
        text = filters.clean(typed) or ""
        number = min(int(page_text), 50) if page_text.isascii() and page_text.isdigit() and len(page_text) < 4 else 0
        target, query = relation.target, self.candidates(relation)
        if text:
            query = query.where(filters.search_condition(screens.searchable(target), text))
        found = db.session.scalars(
            query.options(*screens.describing(target))
            .order_by(target.id)
            .limit(CHOICES_SHOWN + 1)
            .offset(number * CHOICES_SHOWN)
        ).all()
        items = [{"id": str(record.id), "text": screens.describe(record)} for record in found[:CHOICES_SHOWN]]
        return {"items": items, "more": len(found) > CHOICES_SHOWN}

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
                _("您打开页面之后,此记录已被他人修改。请核对下面标出的当前值,再次保存将以您填写的内容为准。")
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

    def _confirm(self, title: str, question: str, back: str, *, form: Any = None, status: int = 200, ids: Any = (),
                 problems: Any = (), danger: bool = False) -> Any:  # fmt: skip
        """A page that asks before something happens, with the inputs it needs."""
        return self.render(
            "backoffice/confirm.html", status, heading=title, question=question, back=back, ids=ids, danger=danger,
            problems=problems, form=form, fields=() if form is None else tuple(fields(form)),
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
