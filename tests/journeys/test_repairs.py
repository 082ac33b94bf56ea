"""Both routes of a repair with a real browser at the desk and phones in the hands of reporter and technician."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.core import clock
from tests.conftest import PhoneOf, Store
from tests.factories import PASSWORD, make_staff, make_technician
from tests.modules.repairs.factories import make_category, make_home
from tests.phones import Phone
from tests.signing_in import sign_in

DESK = {("work_orders", action) for action in ("view", "edit", "delete", "approve")}


@pytest.fixture
def desk(address: str, store: Store, chromium: Browser) -> Iterator[Page]:
    """The service desk's browser, signed in, on the board; complaints of the console fail the test."""
    with store() as session:
        make_staff(session, "desk", DESK)
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=address, locale="zh-CN")
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, address, "desk", PASSWORD)
    page.goto("/repairs/board/")
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def people(phone: PhoneOf, store: Store) -> tuple[Phone, Phone, dict[str, str]]:
    """A tenant, a plumber, and what a report of theirs holds."""
    lin, wang = phone("dev-lin"), phone("dev-wang")
    with store() as session:
        home = make_home(session, member_id=int(lin.member["id"]), kind="tenant")
        make_technician(session, name="王师傅", trades=["plumbing"], member_id=int(wang.member["id"]))
        body = {"category_id": str(make_category(session, name="水管爆裂", priority="urgent").id),
                "unit_id": str(home.unit.id), "area": "leased", "description": "水表井喷水"}  # fmt: skip
    return lin, wang, body


def did(answer: Any) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    return dict(answer.json or {})


def board(page: Page, column: str) -> str:
    page.goto("/repairs/board/")
    return page.locator(f"section[aria-label={column}]").inner_text()


@pytest.mark.req("R1", "R2", "R4", "R6")
def test_the_public_route_is_dispatched_with_one_click(desk: Page, people: tuple[Phone, Phone, dict[str, str]]) -> None:
    lin, wang, body = people
    order = did(lin.post("/work-orders", {**body, "area": "public", "unit_id": None, "place": "A座大堂"}))
    desk.reload()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/repairs/work_order/{order['id']}")
    desk.click("#assign button:has-text('王师傅')")
    assert "已派单，维修师傅会收到消息" in desk.inner_text("main")
    assert "水管爆裂" in board(desk, "已派单")

    did(wang.post(f"/work-orders/{order['id']}/grab"))
    did(wang.post(f"/work-orders/{order['id']}/start"))  # urgent: at once
    assert "王师傅" in board(desk, "维修中")
    did(wang.post(f"/work-orders/{order['id']}/finish", {"solution": "关闭总阀并更换接头"}))
    did(lin.post(f"/work-orders/{order['id']}/confirm"))

    desk.goto(f"/repairs/work_order/{order['id']}")
    desk.check("input[name=outcome][value=satisfied]")
    desk.fill("#call-note", "处理及时")
    desk.click("button:has-text('登记回访')")
    timeline = desk.locator(".timeline").first.inner_text()
    for step in ("回访", "确认完成", "完工", "开始维修", "接单", "派单", "提交报修"):
        assert step in timeline
    assert "回访" not in {line["title"] for line in did(lin.get(f"/work-orders/{order['id']}"))["timeline"]}


@pytest.mark.req("R3", "R4", "R6", "R7")
def test_the_leased_route_runs_on_phones_and_the_desk_watches_and_steps_in(
    desk: Page, people: tuple[Phone, Phone, dict[str, str]]
) -> None:
    lin, wang, body = people
    order = did(lin.post("/work-orders", body))
    did(wang.post(f"/work-orders/{order['id']}/grab"))
    starts = (clock.now() + timedelta(hours=2)).isoformat()
    did(wang.post(f"/work-orders/{order['id']}/propose-time", {"starts_at": starts}))
    did(lin.post(f"/work-orders/{order['id']}/agree-time", {"starts_at": starts}))
    assert "王师傅" in board(desk, "已预约")
    desk.goto(f"/repairs/calendar/?week={clock.local(clock.now() + timedelta(hours=2)).date()}")
    assert "水管爆裂" in desk.inner_text(".week")

    desk.goto(f"/repairs/work_order/{order['id']}")
    desk.fill("#comment", "请带上备用水泵")
    desk.click("button:has-text('发送')")
    assert "请带上备用水泵" in str(did(wang.get(f"/work-orders/{order['id']}"))["timeline"])
    desk.click("button[data-dialog=cancel]")
    desk.fill("#cancel-reason", "物业已统一处理主管")
    desk.click("#cancel button[type=submit]")
    assert "工单已取消" in desk.inner_text("main")
    seen = did(lin.get(f"/work-orders/{order['id']}"))
    assert (seen["state"], seen["timeline"][-1]["note"]) == ("cancelled", "物业已统一处理主管")
    assert seen["timeline"][-1]["who"] == "物业客服"
