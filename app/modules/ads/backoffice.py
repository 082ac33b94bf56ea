"""Back office: ads, their slots, and posters made from templates."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, media, publishing
from app.core.backoffice import Button, ModuleView, computed, page
from app.core.backoffice.publication import phase_cell
from app.core.db import db, transaction
from app.core.errors import DomainError, Invalid
from app.modules.ads import library, operations, posters, sheets
from app.modules.ads.models import Ad, AdDay, AdSlot

LONGEST = {"title": 24, "text": 48}


class AdView(ModuleView):
    """广告."""

    model, area, sheet = Ad, "ads", sheets.ADS
    icon = "fa-rectangle-ad"
    columns = ("title", "slot", "community", "phase", "position", "starts_at", "ends_at", "shown_and_tapped")
    filters = ("slot", "community", "state", "link_kind")
    search = ("title",)
    order = ("position", "-id")
    sortable = ("title", "position", "starts_at")
    form = (
        "slot", "title", "link_kind", "notice", "link_text", "community", "starts_at", "ends_at", "position",
    )  # fmt: skip
    sections = (
        ("广告", ("slot", "title", "link_kind", "notice", "link_text")),
        ("发布", ("phase", "community", "starts_at", "ends_at", "position", "reason", "shown_and_tapped")),
    )
    images, images_most = operations.PURPOSE, 1
    moves = ("submit", "approve", "reject", "unpublish")
    move_inputs = {"reject": ("reason",)}
    show_template = "ads/ad.html"

    @computed("展示")
    def phase(self, session: Session, records: list[Ad]) -> Mapping[int, Any]:
        return {record.id: phase_cell(record) for record in records}

    @computed("展示 / 点击")
    def shown_and_tapped(self, session: Session, records: list[Ad]) -> Mapping[int, Any]:
        rows = session.execute(
            select(AdDay.ad_id, func.sum(AdDay.impressions), func.sum(AdDay.clicks))
            .where(AdDay.ad_id.in_([record.id for record in records]))
            .group_by(AdDay.ad_id)
        )
        return {row[0]: f"{row[1]} / {row[2]}" for row in rows}

    def save(self, session: Session, record: Ad | None, values: dict[str, Any]) -> Ad:
        publishing.check_reach(values["community_id"])
        return operations.save(session, record, values)

    def fixed(self, record: Ad) -> str:
        return operations.fixed(record)

    def saved(self, session: Session, record: Ad) -> None:
        operations.fit_poster(session, record, session.get_one(AdSlot, record.slot_id))

    def make_move(self, session: Session, record: Ad, name: str, values: dict[str, Any]) -> Ad:
        if name == "submit":
            return operations.submit(session, record)
        if name == "approve":
            return publishing.publish(session, record, "approve", reason="")
        return super().make_move(session, record, name, values)

    def list_buttons(self) -> Iterable[Button]:
        yield Button("海报素材库", url_for("poster_library.index_view"), "fa-images")

    def extra_buttons(self, record: Ad) -> Iterable[Button]:
        if not operations.fixed(record):
            yield Button("用模板制作海报", self.url("poster", pk=record.id), "fa-wand-magic-sparkles", "edit")

    def show_context(self, record: Ad) -> dict[str, Any]:
        when = clock.local(record.starts_at or record.created_at)
        return {"when": f"{when:%Y-%m-%d}", "pictures": ()}

    @page("/<int:pk>/poster", action="edit", methods=("GET", "POST"))
    def poster(self, pk: int) -> Any:
        """Make a poster from a template, a title, a line of text and a logo."""
        record = self.record_or_404(pk)
        typed = {name: request.form.get(name, "").strip() for name in ("template", "picture", *LONGEST)}
        problem = ""
        if request.method == "POST":
            size, owner_id = operations.size_of(db.session.get_one(AdSlot, record.slot_id)), str(current_user.id)
            db.session.rollback()  # drawing takes its time: no transaction is open meanwhile
            try:
                picture = self._draw(typed, size)
                with transaction():
                    operations.give_poster(db.session(), self.find(db.session(), pk, lock=True), picture, owner_id)
                flash(_("海报已生成"), "success")
                return redirect(self.url("show", pk=pk))
            except DomainError as error:
                problem = error.message
            record = self.record_or_404(pk)
        else:
            typed |= {"template": next(iter(posters.TEMPLATES)), "title": record.title}
        return self.render(
            "ads/poster.html", 422 if problem else 200, record=record, typed=typed, problem=problem,
            templates=posters.TEMPLATES.values(), longest=LONGEST, pictures=library.names(),
        )  # fmt: skip

    @page("/templates/<name>")
    def template(self, name: str) -> Response:
        """A template as it looks."""
        if name not in posters.TEMPLATES:
            abort(404)
        sample = posters.draw(name, "社区新春市集", "1 月 18 日 中心广场 欢迎参加", (480, 240))
        return Response(sample, content_type="image/png")

    @staticmethod
    def _draw(typed: Mapping[str, str], size: tuple[int, int]) -> media.Picture:
        if typed["picture"]:
            try:
                return media.receive(io.BytesIO(library.content(typed["picture"])), operations.PURPOSE)
            except KeyError:
                raise Invalid(_("所选素材已不存在，请重新选择")) from None
        for name, most in LONGEST.items():
            if len(typed[name]) > most:
                raise Invalid(_("文字过长，标题最多 24 个字，说明最多 48 个字"))
        if not typed["title"]:
            raise Invalid(_("请填写标题"))
        if typed["template"] not in posters.TEMPLATES:
            raise Invalid(_("请选择模板"))
        sent = request.files.get("logo")
        logo = media.receive(sent.stream, operations.PURPOSE).content if sent and sent.filename else None
        drawn = posters.draw(typed["template"], typed["title"], typed["text"], size, logo)
        return media.receive(io.BytesIO(drawn), operations.PURPOSE)


class SlotView(ModuleView):
    """广告位: how many slides, how long each, in which form."""

    model, area = AdSlot, "ads"
    icon = "fa-panorama"
    columns = ("title", "layout", "slides", "interval_seconds", "ratio", "position", "enabled")
    order = ("position", "id")
    form = ("title", "layout", "slides", "interval_seconds", "ratio", "position", "enabled")
    related = ((AdView, "slot_id"),)

    def save(self, session: Session, record: AdSlot | None, values: dict[str, Any]) -> AdSlot:
        return operations.save_slot(session, record, values)

    def remove(self, session: Session, record: AdSlot) -> None:
        operations.remove_slot(session, record)
