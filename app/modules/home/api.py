"""Mobile endpoint: the home page, answered with 304 while nothing on it has changed."""

from datetime import datetime
from itertools import groupby
from typing import Any, Literal

import msgspec
from flask import Response, request

from app.core import clock
from app.core.api import Caller, Endpoints, Schema
from app.core.db import db
from app.modules.ads.queries import link
from app.modules.home import queries
from app.modules.system import operations as menu

api = Endpoints("home", "首页")
NOTICES_MENU = "notices"


class MenuItemOut(Schema):
    """功能菜单的一项；badge 为角标文字，可为空"""

    key: str
    name: str
    icon: str
    page: str
    badge: str


class HomeNoticeOut(Schema):
    """公告栏的一条"""

    id: str
    title: str
    category: str
    category_text: str
    pinned: bool
    published_at: datetime


class SlideOut(Schema):
    """广告的一页；link 为小程序页面、网址，或空"""

    id: str
    title: str
    image_url: str
    link: str


class AdsOut(Schema):
    """广告位；layout：carousel 通栏轮播、card 卡片轮播、grid 一行两个、list 上下排列；ratio：图片宽高比，如 2:1"""

    layout: Literal["carousel", "card", "grid", "list"]
    ratio: str
    interval_ms: int
    slides: list[SlideOut]


class HomeOut(Schema):
    """首页：功能菜单、公告、广告；more_ads 为其余广告位，依次排在其后"""

    menu: list[MenuItemOut]
    notices: list[HomeNoticeOut]
    ads: AdsOut | None
    more_ads: list[AdsOut]


@api.get("/home", roles=None, returns=HomeOut)
def home(caller: Caller | None) -> Response:
    """首页；带 If-None-Match 时，内容未变则返回 304"""
    session, role = db.session(), caller.role if caller else "visitor"
    entries = menu.open_menu(session, role)
    with_notices = any(entry.key == NOTICES_MENU for entry in entries)
    notices, slides = queries.news(session, role, caller.member_id if caller else None, with_notices=with_notices)
    slots = [_slot(list(ads)) for _place, ads in groupby(slides, key=lambda row: row.slot_place)]
    answer = HomeOut(
        menu=[
            MenuItemOut(key=entry.key, name=entry.name, icon=entry.icon, page=entry.page, badge=entry.badge)
            for entry in entries
        ],
        notices=[
            HomeNoticeOut(
                id=str(row.id), title=row.title, category=row.kind, category_text=row.link_text,
                pinned=row.pinned, published_at=clock.local(row.starts_at),
            )
            for row in notices
        ],
        ads=slots[0] if slots else None,
        more_ads=slots[1:],
    )  # fmt: skip
    response = Response(msgspec.json.encode(answer), content_type="application/json")
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"  # asked each time, sent when changed
    response.vary.add("Authorization")
    response.make_conditional(request)
    return response


def _slot(slides: list[Any]) -> AdsOut:
    """A slot as the phone draws it: its form, and its ads in order."""
    return AdsOut(
        layout=slides[0].layout,
        ratio=slides[0].ratio,
        interval_ms=slides[0].interval_seconds * 1000,
        slides=[
            SlideOut(
                id=str(row.id), title=row.title, image_url=f"/api/v1/media/{row.poster_key}",
                link=link(row.kind, row.notice_id, row.link_text),
            )
            for row in slides
        ],
    )  # fmt: skip
