"""工作台: what there is to do and how the parks are doing, by rights (S1)."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.core import clock, rights
from app.core.backoffice import deliveries, panels
from app.core.backoffice.report_pages import view_name
from app.core.backoffice.report_values import NUMERIC
from app.core.communities import named_communities
from app.core.db import db, reading, transaction, whole_number
from app.core.module import registry
from app.core.reports import Panel


class IndexView(BaseView):
    """工作台: to-do counts that lead to their lists, and the modules' figures for a time and a community."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> str | Response:
        if not current_user.is_authenticated:
            return redirect(url_for("SignInView.login"))
        period = request.args.get("period", "")
        period = period if period in panels.PERIODS else next(iter(panels.PERIODS))
        with reading():
            communities, chosen = self._communities()
            tiles = _tiles()
            look = panels.look(period, communities)
            page = render_template(
                "backoffice/dashboard.html",
                greeting=_greeting(),
                today=_today(),
                roles=[_("超级管理员") if role.name == rights.SUPERADMIN else role.name for role in current_user.roles],
                tiles=tiles,
                figures=[(one.panel, one, _report_url(one.panel, period, chosen)) for one in look.figures],
                periods=panels.period_names(),
                period=period,
                days=panels.days_of(period, clock.today()),
                named=named_communities(db.session()) if look.figures else [],
                chosen=chosen,
                unread=deliveries.count_unread(db.session()) if look.figures else 0,
                numeric=NUMERIC,
                local=clock.local,
            )
        if look.slow or look.seen:
            db.session.rollback()
            with transaction():
                panels.keep(db.session(), look)
        return page

    def _communities(self) -> tuple[list[int] | None, int | None]:
        """Those whose figures are wanted (None: all), and the one that was chosen; what is out of scope is not."""
        scope = rights.communities()
        number = whole_number(request.args.get("community", ""))
        if number is not None and (scope is None or number in scope):
            return [number], number
        return (None if scope is None else sorted(scope)), None


def _tiles() -> list[dict[str, Any]]:
    session = db.session()
    tiles = [
        {
            "title": tile.title,
            "icon": module.icon,
            "count": tile.count(session),
            "url": url_for(tile.endpoint, **dict[str, Any](tile.parameters)),
        }
        for module in registry()
        for tile in module.tiles
        if rights.can(tile.area, tile.action)
    ]
    return sorted(tiles, key=lambda tile: not tile["count"])  # what is due comes first, else the modules' order


def _report_url(panel: Panel, period: str, community: int | None) -> str:
    """The whole report behind a panel, for the same time, community and grouping."""
    start, end = panels.days_of(period, clock.today())
    timed: dict[str, Any] = {} if panel.report.span == "now" else {"from": start, "to": end}
    return url_for(f"{view_name(panel.report)}.show", community=community, by=panel.by or None, **timed)


def _greeting() -> str:
    hour = clock.local(clock.now()).hour
    for until, words in ((5, _("夜深了")), (11, _("早上好")), (13, _("中午好")), (18, _("下午好"))):
        if hour < until:
            return words
    return _("晚上好")


def _today() -> str:
    return format_date(clock.today(), "y年M月d日 EEEE")
