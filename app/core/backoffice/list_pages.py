"""The list of a screen: rows, filters, columns, search, export, and what may be chosen in its filters and forms."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, jsonify, redirect, request
from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.core import sheets
from app.core.backoffice import filters, list_settings, listing, record_page, screens
from app.core.backoffice.attributes import Attribute
from app.core.backoffice.declaration import Declaration
from app.core.backoffice.pages import page, undoable
from app.core.db import LARGEST_ID, db, transaction
from app.core.errors import DomainError

CHOICES_SHOWN = 20


class ListPages(Declaration):
    """The list of a ``ModuleView``, and the addresses that serve it."""

    @page("/")
    def list(self) -> Any:
        session, arguments = db.session(), request.args
        chosen = self._chosen(session, arguments)
        sort, size = arguments.get("sort", ""), arguments.get("size", "")
        order = self.sort_orders.get(sort, self.default_order)
        if sort and sort not in self.sort_orders:
            chosen.notices.append(_("不支持该排序方式，已按默认顺序显示"))
            sort = ""
        if size and size not in {str(known) for known in listing.SIZES}:
            chosen.notices.append(_("不支持该每页条数，已按默认条数显示"))
            size = ""
        try:
            cursor = listing.read_cursor(order, arguments.get("at", ""))
        except ValueError:
            cursor = None
            chosen.notices.append(_("页码已失效，已回到第一页"))
        settings = list_settings.of(session, type(self).__name__)
        columns = settings.seen(self.shown_columns)
        attributes = [column.attribute for column in columns if column.attribute]
        query = self.scoped().where(*chosen.conditions)
        rows = listing.page(session, query, order, int(size or listing.SIZES[0]), cursor, self.loaders(attributes))
        kept = chosen.arguments | ({"sort": sort} if sort else {}) | ({"size": size} if size else {})
        return self.render(
            "backoffice/list.html",
            chosen=chosen, rows=rows, kept=kept, sort=sort, size=int(size or listing.SIZES[0]), sizes=listing.SIZES,
            columns=columns, table=record_page.table(self, session, rows.records, columns),
            saved=settings.filters,
            bulks=[action for action in self.bulks.values() if self.may(action.action)],
            buttons=[button for button in self.list_buttons() if self.may(button.right)],
        )  # fmt: skip

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
                saved = list_settings.save_filter(
                    db.session(), type(self).__name__, request.form.get("name", ""), chosen.arguments
                )
                name = saved.name
            flash(_("已保存常用筛选“%(name)s”", name=name), "success")
        except DomainError as error:
            flash(error.message, "warning")
        return redirect(self.url("list", **chosen.arguments))

    @page("/saved/<int:saved_id>/delete", methods=("POST",))
    def delete_filter(self, saved_id: int) -> Any:
        if saved_id > LARGEST_ID:
            abort(404)
        with transaction():
            saved = list_settings.remove_filter(db.session(), type(self).__name__, saved_id)
            name, again = saved.name, self.url("save_filter", **saved.query)
        flash(undoable(_("已删除常用筛选“%(name)s”", name=name), again, name=name), "success")
        return redirect(self.url("list", **self.kept(request.args)))

    @page("/columns", methods=("POST",))
    def choose_columns(self) -> Any:
        """Which of the list's columns the person sees from now on; ``default``: all."""
        names = [column.name for column in self.shown_columns]
        chosen = names if "default" in request.form else request.form.getlist("columns")
        try:
            with transaction():
                list_settings.choose_columns(db.session(), type(self).__name__, names, chosen)
            flash(_("已恢复显示全部列") if "default" in request.form else _("已保存列设置"), "success")
        except DomainError as error:
            flash(error.message, "warning")
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
                chosen.notices.append(_("搜索内容无效，已忽略"))
            else:
                chosen.conditions.append(filters.search_condition(self.search_attributes, text))
                chosen.arguments["q"] = filters.seal_text(text) if self.seals_search else text
                chosen.search = text
                chosen.chips.append(filters.Chip(_("搜索：%(text)s", text=text), ("q",)))
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
