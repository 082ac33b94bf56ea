"""Back office: the reception desk — who is expected, who stands here, a pass on the spot."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, rights
from app.core.backoffice import PageView, page
from app.core.backoffice.screens import in_scope
from app.core.db import db, transaction, whole_number
from app.core.errors import DomainError, Invalid
from app.core.privacy import mask_phone
from app.modules.estate.models import Building, Unit
from app.modules.visits import queries
from app.modules.visits.models import Visit
from app.modules.visits.models.visits import KINDS
from app.modules.visits.operations import visiting

SHOWN = 100
HOURS = {"2": "2 小时", "4": "4 小时", "day": "今天"}
TYPED = {"visitor_name": 32, "visitor_phone": 20, "purpose": 60, "plate": 10}
"""What is typed at the desk, and how much of it."""


class ReceptionView(PageView):
    """前台接待: find by phone tail, name or plate; register somebody who was not expected."""

    area, title, icon = "visits", "前台接待", "fa-bell-concierge"
    route_base = "/visits/desk"
    default_view = "show"

    @page("/", action="edit")
    def show(self) -> Any:
        """Who is expected today, or who fits what was typed."""
        return self._page({})

    @page("/find", action="edit", methods=("POST",))
    def find(self) -> Any:
        """Find a visitor; a form of its own, so that no name or number stands in an address."""
        return self._page({})

    @page("/register", action="edit", methods=("POST",))
    def register(self) -> Any:
        """A pass for somebody who stands here; what was typed stays when something is wrong."""
        try:
            with transaction():
                number = self._register(db.session()).id
        except DomainError as error:
            return self._page(error.by_field()), 422
        flash(_("已登记，请访客扫码通行"), "success")
        return redirect(url_for("VisitView.show", pk=number))

    def _register(self, session: Session) -> Visit:
        unit_id = whole_number(request.form.get("unit"))
        unit = None if unit_id is None else session.scalar(in_scope(Unit).where(Unit.id == unit_id))
        if unit is None:
            raise Invalid.field("unit_id", _("请选择被访房号"))
        typed: dict[str, Any] = {name: request.form.get(name, "").strip()[:most] for name, most in TYPED.items()}
        now, span = clock.now(), request.form.get("span", "4")
        end_of_day = clock.start_of(clock.today() + timedelta(days=1))
        until = end_of_day if span not in HOURS or span == "day" else now + timedelta(hours=int(span))
        plan = visiting.Plan(now, until, **{**typed, "visitor_phone": typed["visitor_phone"] or None})
        return visiting.register_at_desk(session, unit.id, plan, current_user.id)

    def _page(self, problems: dict[str, str]) -> str:
        session, text = db.session(), request.form.get("q", "").strip()[:32]
        expected = select(Visit).where(queries.expected_today()).options(*queries.SHOWN).order_by(Visit.starts_at)
        unit_id = whole_number(request.form.get("unit"))
        unit = None if unit_id is None else session.execute(
            select(Unit.id, Building.name, Unit.number).join(Building).where(Unit.id == unit_id)
        ).one_or_none()  # fmt: skip
        return render_template(
            "visits/desk.html",
            view=self,
            q=text,
            found=queries.find_visitors(session, text) if text else None,
            expected=session.scalars(rights.within(expected, Visit).limit(SHOWN)).all(),
            counts=(queries.count_expected(session), queries.count_inside(session), queries.count_overstayed(session)),
            problems=problems,
            typed=request.form,
            unit=unit,
            hours=HOURS,
            kinds=KINDS,
            states=Visit.flow.states,
            when=queries.when,
            place=queries.place,
            mask=mask_phone,
        )
