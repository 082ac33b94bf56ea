"""What people write about offers, lost things and complaints is text in every browser, whatever it holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.core import clock
from app.modules.feedback.models import FeedbackReply
from app.modules.leasing import operations as leasing
from app.modules.leasing.models import LeaseFollowUp
from app.modules.notices.models import NoticeCategory
from app.modules.repairs.operations import care
from app.modules.repairs.operations.steps import Who
from tests.conftest import Store
from tests.core.richtext.corpus import WORD, XSS
from tests.factories import PASSWORD, make_community, make_member, make_staff, make_unit
from tests.modules.feedback.factories import make_feedback, make_type
from tests.modules.leasing.factories import make_application, make_listing
from tests.modules.lost_found.factories import make_claim, make_item
from tests.modules.notices.factories import make_notice
from tests.modules.repairs.factories import make_home, make_order
from tests.signing_in import sign_in

ALL = "\n".join(XSS)


def some(length: int, number: int) -> str:
    """One of the attacks that fit into so many characters."""
    fitting = [attack for attack in XSS if len(attack) <= length]
    return fitting[number % len(fitting)]


@pytest.fixture
def page(address: str, store: Store, chromium: Browser) -> Iterator[Page]:
    """A browser in which a superadmin is signed in."""
    with store() as session:
        make_staff(session, "reader")
    found = chromium.new_page(locale="zh-CN", base_url=address)
    sign_in(found, address, "reader", PASSWORD)
    yield found
    found.close()


def fill(store: Store, n: int) -> list[str]:
    """Records with attacks in every plain field; the pages that show them."""
    with store() as session:
        community, unit = make_community(session), make_unit(session)
        member = make_member(session, nickname=some(64, n), contact_name=some(64, n + 1))
        listing = make_listing(
            session, community=community, title=some(80, n), content=XSS[n % len(XSS)], period=some(64, n),
            location=some(120, n), contact_name=some(32, n) if n % 2 else "", contact_phone='"><b>1',
        )  # fmt: skip
        application = make_application(
            session, member.id, listing, name=some(64, n), message=some(500, n), reason=some(200, n), state="approved"
        )
        session.add(LeaseFollowUp(application_id=application.id, note=ALL[:500]))
        lease: dict[str, Any] = {"community_id": community.id, "unit_id": unit.id, "subject": some(80, n)}
        lease |= {"customer_id": leasing.members.save_customer(session, None, {"name": some(128, n)}).id}
        lease |= {"starts_on": clock.today(), "ends_on": clock.today(), "rent_fen": 1}
        let = leasing.save_lease(session, None, lease)
        item = make_item(
            session, community=community, title=some(60, n), description=ALL, place=some(100, n), reason=some(200, n),
        )  # fmt: skip
        make_item(session, community=community, kind="lost", title=some(60, n), place=some(100, n))
        claim = make_claim(session, item, member.id, proof=some(500, n), reason=some(200, n))
        kind = make_type(session, name=f"{n}<b onclick=hit=1>x</b>")
        feedback = make_feedback(
            session, member.id, community=community, type=kind, content=ALL, rating_note=some(300, n)
        )
        session.add(FeedbackReply(feedback_id=feedback.id, content=ALL[:2000]))
        order = make_order(session, make_home(session, unit, name=some(128, n)), description=ALL[:2000])
        care.comment(session, order, Who.reporter(order.reporter_id or 0), some(500, n))
        kind_of_notice = NoticeCategory(name=f"{n}<b onclick=hit")
        session.add(kind_of_notice)
        session.flush()
        notice = make_notice(session, category_id=kind_of_notice.id, title=some(60, n), communities=[community.id])
        return [
            f"/repairs/work_order/{order.id}", "/repairs/work_order/", f"/notices/notice/{notice.id}",
            "/notices/notice/", "/notices/notice_category/",
            f"/share/listings/{listing.id}",
            "/leasing/listing/", f"/leasing/listing/{listing.id}", f"/leasing/listing/{listing.id}/edit",
            "/leasing/lease_application/", f"/leasing/lease_application/{application.id}",
            f"/leasing/lease_application/{application.id}/sign", "/leasing/lease/", f"/leasing/lease/{let.id}",
            "/lost_found/lost_found_item/", f"/lost_found/lost_found_item/{item.id}",
            f"/lost_found/lost_found_item/{item.id}/edit", "/lost_found/lost_found_claim/",
            f"/lost_found/lost_found_claim/{claim.id}", "/feedback/feedback/", f"/feedback/feedback/{feedback.id}",
            "/feedback/feedback_type/", "/reports/promotion/?by=listing", "/reports/leasing/",
            "/reports/expiring_leases/", "/reports/feedback/",
        ]  # fmt: skip


@pytest.mark.req("S2")
def test_no_attack_runs_and_no_word_is_lost(page: Page, store: Store) -> None:
    ran, lost = [], []
    for n in range(0, len(XSS), 7):
        for path in fill(store, n):
            page.goto(path)
            page.eval_on_selector_all("a.attack", "links => links.forEach(link => link.click())")
            page.wait_for_timeout(20)
            if page.evaluate("window.hit"):
                ran.append((path, n))
            if (
                path.count("/") > 3
                and "edit" not in path
                and "lease/" not in path
                and WORD not in page.inner_text("body")
            ):
                lost.append(path)
    assert ran == []
    assert lost == []
