"""Ads: made, approved, shown in the form that staff chose, and counted (N2)."""

import io
from datetime import date, timedelta

import pytest
from flask import Flask
from PIL import Image
from python_calamine import load_workbook

from app.core import clock, jobs, settings
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.reports import Asked
from app.modules.ads import operations, posters, queries
from app.modules.ads.models import Ad, AdDay
from tests.conftest import Browse, PhoneOf, Store
from tests.modules.ads.factories import home_slot, make_ad
from tests.modules.members.races import AT_ONCE, race
from tests.phones import Phone, picture

PATH = "/ads/ad"


def slides(somebody: Phone) -> list[str]:
    ads = somebody.get("/home").json["ads"]  # type: ignore[index]
    return [slide["title"] for slide in ads["slides"]] if ads else []


@pytest.mark.req("N2")
def test_an_ad_goes_from_upload_over_approval_to_the_next_home_page(
    browse: Browse, phone: PhoneOf, store: Store
) -> None:
    writer = browse("writer", {("ads", "view"), ("ads", "edit")})
    approver = browse("approver", {("ads", "view"), ("ads", "approve")})
    with store() as session:
        slot = home_slot(session).id
    sent = {"file": (io.BytesIO(picture((1000, 1000))), "海报.jpg")}
    key = writer.post(f"{PATH}/images", data=sent).json["key"]  # type: ignore[index]
    form = {"slot": str(slot), "title": "新春市集", "link_kind": "none", "position": "0", "_images": "1", "images": key}
    page = writer.post(f"{PATH}/new", data=form).headers["Location"]
    assert writer.post(f"{page}/move/approve").status_code == 404
    assert writer.post(f"{page}/move/submit").status_code == 302
    assert slides(phone()) == []
    assert approver.post(f"{page}/move/approve").status_code == 302
    assert slides(phone()) == ["新春市集"]
    shown = phone().get("/home").json["ads"]["slides"][0]["image_url"]  # type: ignore[index]
    poster = phone().get(shown.removeprefix("/api/v1"))
    assert Image.open(io.BytesIO(poster.data)).size == (1200, 600), "cut to the slot's ratio of 2 : 1"
    assert writer.post(f"{page}/move/unpublish").status_code == 302
    assert slides(phone()) == []


def test_number_interval_and_layout_are_the_slots(browse: Browse, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        slot = home_slot(session).id
        for n in range(4):
            make_ad(session, title=f"广告{n}", position=10 - n)
    form = {"title": "首页", "layout": "grid", "slides": "2", "interval_seconds": "7", "ratio": "1:1", "enabled": "1"}
    assert browse("boss").post(f"/ads/ad_slot/{slot}/edit", data=form).status_code == 302
    ads = phone().get("/home").json["ads"]  # type: ignore[index]
    assert (ads["layout"], ads["ratio"], ads["interval_ms"]) == ("grid", "1:1", 7000)
    assert [slide["title"] for slide in ads["slides"]] == ["广告3", "广告2"]
    assert browse("boss").post(f"/ads/ad_slot/{slot}/edit", data=form | {"enabled": ""}).status_code == 302
    assert phone().get("/home").json["ads"] is None  # type: ignore[index]


@pytest.mark.req("N2")
def test_further_slots_stand_behind_the_first_each_in_its_own_form(
    browse: Browse, phone: PhoneOf, store: Store
) -> None:
    boss = browse("boss")
    made = {}
    for title, layout, position in (("底部", "list", "20"), ("中部", "card", "10")):
        form = {"title": title, "layout": layout, "slides": "1", "interval_seconds": "6", "ratio": "1:1",
                "position": position, "enabled": "1"}  # fmt: skip
        made[title] = boss.post("/ads/ad_slot/new", data=form).headers["Location"]
    with store() as session:
        make_ad(session, title="首页")
        for title, page in made.items():
            for n in range(2):
                make_ad(session, title=f"{title}{n}", position=n, slot_id=int(page.rsplit("/", 1)[1]))
    home = phone().get("/home").json
    assert [slide["title"] for slide in home["ads"]["slides"]] == ["首页"]  # type: ignore[index]
    shown = [(one["layout"], one["interval_ms"], [s["title"] for s in one["slides"]]) for one in home["more_ads"]]  # type: ignore[index]
    assert shown == [("card", 6000, ["中部0"]), ("list", 6000, ["底部0"])]
    with store() as session:
        first = home_slot(session).id
    for page, why in ((made["底部"], "还有广告"), (f"/ads/ad_slot/{first}", "首页广告位不能删除")):
        refused = boss.post(f"{page}/delete", follow_redirects=True)
        assert why in refused.get_data(as_text=True)


def test_posters_are_cut_anew_when_the_ratio_changes(app: Flask, browse: Browse, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        slot = home_slot(session)
        make_ad(session)
        operations.save_slot(session, slot, {"ratio": "1:1"})
    jobs.run_due(app, 5)
    shown = phone().get("/home").json["ads"]["slides"][0]["image_url"]  # type: ignore[index]
    assert Image.open(io.BytesIO(phone().get(shown.removeprefix("/api/v1")).data)).size == (1200, 1200)


def test_an_ad_is_shown_within_its_time(phone: PhoneOf, store: Store) -> None:
    now = clock.now()
    with store() as session:
        make_ad(session, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=3))
    assert slides(phone()) == []
    with clock.travel(timedelta(hours=2)):
        assert slides(phone()) == ["新春市集"]
    with clock.travel(timedelta(hours=4)):
        assert slides(phone()) == []


def test_what_was_approved_is_not_changed_behind_the_approvers_back(store: Store) -> None:
    with store() as session:
        ad = make_ad(session)
        with pytest.raises(Conflict):
            operations.save(session, ad, {"title": "别的", "link_kind": "none"})


@pytest.mark.parametrize(
    "address",
    ["http://example.com/", "https://evil.com/", "https://example.com.evil.com/", "https://example.com@evil.com/",
     "https://evil.com\\.example.com/", "javascript:alert(1)", "//example.com", ""],
)  # fmt: skip
def test_an_ad_opens_only_allowed_sites(app: Flask, store: Store, address: str) -> None:
    with store() as session:
        settings.put(session, "ads.link_hosts", "example.com, example.org")
        session.flush()
        slot = home_slot(session).id
        with pytest.raises(Invalid):
            operations.save(session, None, {"slot_id": slot, "title": "广告", "link_kind": "url", "link_text": address})
        fine = {"slot_id": slot, "title": "广告", "link_kind": "url", "link_text": "https://shop.example.com/a?b=1"}
        assert operations.save(session, None, fine).link_text == "https://shop.example.com/a?b=1"


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_no_impression_and_no_click_is_lost_however_many_come_at_once(app: Flask, store: Store) -> None:
    with store() as session:
        numbers = [make_ad(session, title=f"广告{n}").id for n in range(3)]

    def look(n: int) -> None:
        for _ in range(5):
            operations.count(db.session(), numbers if n % 2 else numbers[::-1], None)
            operations.click(db.session(), numbers[0], None)
            db.session.commit()

    race(app, look)
    with store() as session:
        rows = {row.ad_id: (row.impressions, row.clicks) for row in session.query(AdDay)}
    times = AT_ONCE * 5
    assert rows == {numbers[0]: (times, times), numbers[1]: (times, 0), numbers[2]: (times, 0)}


def test_only_ads_that_are_shown_are_counted(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number, draft = make_ad(session).id, make_ad(session, published=False).id
    body = {"ad_ids": [str(number), str(number), str(draft), "999"]}
    assert phone().post("/ads/impressions", body).status_code == 204
    assert phone().post(f"/ads/{number}/click").status_code == 204
    assert phone().post(f"/ads/{draft}/click").status_code == 404
    with store() as session:
        assert [(row.ad_id, row.impressions, row.clicks) for row in session.query(AdDay)] == [(number, 1, 1)]


def test_the_report_sums_the_days_that_were_asked_for(app: Flask, store: Store) -> None:
    with store() as session:
        ad = make_ad(session)
        for day, seen, taps in ((date(2026, 10, 31), 99, 9), (date(2026, 11, 1), 100, 3), (date(2026, 11, 30), 60, 5)):
            session.add(AdDay(ad_id=ad.id, day=day, impressions=seen, clicks=taps))
        session.flush()
        rows = queries.by_ad(session, Asked(date(2026, 11, 1), date(2026, 11, 30), None))
        assert rows == [("新春市集", "首页广告", "", 160, 8, 0.05)]


@pytest.mark.req("N2")
@pytest.mark.parametrize("template", posters.TEMPLATES)
def test_a_template_becomes_the_poster(browse: Browse, store: Store, template: str) -> None:
    with store() as session:
        number = make_ad(session, published=False).id
        before = session.get_one(Ad, number).poster_key
    boss = browse("boss")
    assert template in boss.get(f"{PATH}/{number}/poster").get_data(as_text=True)
    form = {"template": template, "title": "一个相当长的活动标题需要换行才能放得下", "text": "说明",
            "logo": (io.BytesIO(picture()), "logo.png")}  # fmt: skip
    assert boss.post(f"{PATH}/{number}/poster", data=form).status_code == 302
    with store() as session:
        key = session.get_one(Ad, number).poster_key
    assert key not in (None, before)
    assert Image.open(io.BytesIO(boss.get(f"/media/{key}").data)).size == (1200, 600)
    wrong = boss.post(f"{PATH}/{number}/poster", data={"template": "no", "title": "标题"})
    assert wrong.status_code == 422
    assert "请选择模板" in wrong.get_data(as_text=True)


def test_a_member_cannot_upload_what_only_staff_may(phone: PhoneOf) -> None:
    for purpose in ("ad_poster", "richtext"):
        assert phone("dev-li").upload(purpose=purpose).status_code == 422


def test_the_list_is_exported_with_its_counts(browse: Browse, store: Store) -> None:
    with store() as session:
        ad = make_ad(session)
        for day in (date(2026, 10, 31), date(2026, 11, 1)):
            session.add(AdDay(ad_id=ad.id, day=day, impressions=100, clicks=3))
    file = browse("boss").post(f"{PATH}/export").data
    rows = load_workbook(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    assert [row[:2] + row[-2:] for row in rows if "新春市集" in row] == [["首页广告", "新春市集", 200, 6]]
