"""Who may call what: every address of the program has a row, and every kind of caller gets what its row says.

The rows come from the declarations: the roles of an endpoint, the area and action of a back office page. Addresses
without a declaration stand in ``OPEN`` with the reason; a new one that stands nowhere fails here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import messages
from app.core.api.roles import ROLES
from app.core.module import Registry
from app.modules.billing.operations import charges, payments
from app.modules.members.models import CustomerMember
from app.modules.visits.models import BatchGrant
from app.modules.visits.operations import keys as visit_keys
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_certification, make_customer, make_occupancy, make_technician, make_unit
from tests.modules.billing.factories import make_bill
from tests.modules.feedback.factories import make_feedback
from tests.modules.leasing.factories import make_application
from tests.modules.lost_found.factories import make_item
from tests.modules.notices.factories import make_notice
from tests.modules.repairs.factories import make_home, make_order
from tests.modules.visits.factories import make_batch, make_visit
from tests.phones import Phone

MACHINES_ONLY = "signed calls of a gate or finance system"
STAFF_ONLY = "every signed-in member of staff, whatever their rights"
OPEN = {
    "h5_start": "the phone's program is for all; what it may show the API decides",
    "h5_index": "the same",
    "h5_file": "the same",
    "static": "style and scripts",
    "appbuilder.static": "fonts and icons",
    "favicon": "an icon",
    "healthz": "asked by the process supervisor; says only that it lives",
    "readyz": "asked by the load balancer; says only whether it is ready",
    "metrics": "answers only the addresses in METRICS_FROM (tests/core/test_metrics.py)",
    "api_openapi": "the contract is public (S3)",
    "api_docs": "the contract is public (S3)",
    "api_docs_asset": "what the page above needs",
    "SignInView.login": "where one signs in",
    "SignInView.code": "its second step",
    "SignInView.logout": "ends one's own session",
    "share.listing": "the page of an offer that people forward (L2); shows what the API shows everybody",
    "passes.show": "the page of a pass that a visitor is sent (V1); its address is the proof",
    "passes.code": "the picture on it",
    "devices.take_vguang": "a gate, known by the key in its address (tests/modules/visits/test_devices)",
    "devices.take_hikvision": "the same",
    "devices.take_zkteco": "a gate, known by serial number and address of the network (the same tests)",
    "devices.poll_zkteco": "the same",
    "IndexView.index": STAFF_ONLY,
    "AccountView.password": STAFF_ONLY,
    "AccountView.totp": STAFF_ONLY,
    "HelpView.show": STAFF_ONLY,
    "HelpView.pdf": STAFF_ONLY,
    "HelpView.picture": STAFF_ONLY,
    "SearchView.show": STAFF_ONLY,
    "SearchView.find": "every signed-in member of staff; finds what their rights show (tests/core/test_search)",
    "InboxView.show": STAFF_ONLY,
    "InboxView.open": STAFF_ONLY,
    "InboxView.read": STAFF_ONLY,
    "InboxView.unsubscribe": STAFF_ONLY,
    "MediaView.show": "public pictures are for all; others by the right of their purpose (tests/core/media)",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ENDS_A_SESSION = {"SignInView.logout", "api_members.post_sign_out", "api_members.delete_erase_me"}
ABSENT = "999999"


@dataclass(frozen=True)
class Row:
    """One address with one method, and who may use it."""

    method: str
    path: str
    endpoint: str
    roles: tuple[str, ...] | None = None
    right: tuple[str, str] | None = None
    reason: str = ""
    machine: bool = False

    @property
    def plain(self) -> bool:
        """Whether the address names no record."""
        return ABSENT not in self.path

    def call(self, client: FlaskClient, **options: Any) -> TestResponse:
        return client.open(self.path, method=self.method, **options)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def table(app: Flask) -> Iterator[Row]:
    """The rows of every address."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<[^>]+>", ABSENT, rule.rule)
        for method in sorted(set(METHODS) & (rule.methods or set())):
            declared = getattr(view, "endpoint", None)
            action = getattr(view, "_permission_name", None)
            if declared is not None:
                reason = "declared public" if declared.roles is None else ""
                if declared.machine is not None:
                    yield Row(method, path, rule.endpoint, reason=MACHINES_ONLY, machine=True)
                    continue
                yield Row(method, path, rule.endpoint, roles=declared.roles, reason=reason)
            elif action is not None:
                yield Row(method, path, rule.endpoint, right=(view.__self__.area, action))
            else:
                yield Row(method, path, rule.endpoint, reason=OPEN.get(rule.endpoint, ""))


@pytest.fixture
def rows(app: Flask) -> Iterator[list[Row]]:
    """The rows; every caller may call as often as they like."""
    app.config["RATE_LIMITS"] = "0"
    yield list(table(app))
    app.config["RATE_LIMITS"] = "1"


@pytest.fixture
def member(phone: PhoneOf, store: Store) -> Callable[[str], Phone]:
    """``member("merchant")``: the phone of somebody who has this role."""

    def signed_in(role: str) -> Phone:
        found = phone(f"dev-{role}")
        with store() as session:
            if role in ("merchant", "tenant"):
                customer = make_customer(session, kind=role)
                session.add(CustomerMember(customer_id=customer.id, member_id=int(found.member["id"])))
            elif role == "technician":
                make_technician(session, member_id=int(found.member["id"]))
        assert found.role() == role
        return found

    return signed_in


def api(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.path.startswith("/api/") and row.endpoint not in OPEN and not row.machine]


def back_office(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.right or row.reason == STAFF_ONLY]


def to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login/")


def test_every_address_has_a_row(rows: list[Row]) -> None:
    assert [str(row) for row in rows if row.roles is None and row.right is None and not row.reason] == []
    assert OPEN.keys() <= {row.endpoint for row in rows}, "a reason for an address that is no more"


def test_every_page_stands_in_an_area_of_the_matrix(app: Flask, rows: list[Row]) -> None:
    registry: Registry = app.extensions["registry"]
    assert {row.right[0] for row in rows if row.right} <= registry.areas.keys()


# ---- the mobile API


def test_nobody_signed_in_reaches_only_what_is_public(app: Flask, rows: list[Row]) -> None:
    wrong = []
    for row in api(rows):
        status = row.call(app.test_client()).status_code
        if (status == 401) != (row.roles is not None) or status == 403 or status >= 500:
            wrong.append((str(row), status))
    assert wrong == []


@pytest.mark.req("G4", "G5", "G6")
@pytest.mark.parametrize("role", ROLES)
def test_a_member_reaches_what_is_declared_for_the_role(
    app: Flask, rows: list[Row], member: Callable[[str], Phone], role: str
) -> None:
    person, wrong = member(role), []
    for row in api(rows):
        answer = row.call(app.test_client(), headers=person.headers)
        may = row.roles is None or role in row.roles
        if (answer.status_code == 403) == may or answer.status_code in (401, 500):
            wrong.append((str(row), answer.status_code))
        if may and row.endpoint in ENDS_A_SESSION:
            person = Phone(app, f"dev-{role}")
            person = person if person.role() == role else member(role)
    assert wrong == []


def test_a_session_of_staff_opens_nothing_of_the_api(browse: Browse, rows: list[Row]) -> None:
    boss = browse("boss")
    wrong = [str(row) for row in api(rows) if row.roles is not None and row.call(boss).status_code != 401]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_a_member_does_not_pass_for_a_machine(
    app: Flask, rows: list[Row], member: Callable[[str], Phone], role: str
) -> None:
    headers, machines = member(role).headers, [row for row in rows if row.machine]
    assert [str(row) for row in machines if row.call(app.test_client(), headers=headers).status_code != 401] == []
    assert [str(row) for row in machines if row.call(app.test_client()).status_code != 401] == []


# ---- the back office


def test_nobody_signed_in_is_led_to_the_sign_in_page(app: Flask, rows: list[Row]) -> None:
    wrong = [str(row) for row in back_office(rows) if not to_sign_in(row.call(app.test_client()))]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_the_token_of_a_member_opens_nothing_of_the_back_office(
    app: Flask, rows: list[Row], member: Callable[[str], Phone], role: str
) -> None:
    headers = member(role).headers
    wrong = [str(row) for row in back_office(rows) if not to_sign_in(row.call(app.test_client(), headers=headers))]
    assert wrong == []


@pytest.mark.req("G8")
def test_staff_without_rights_see_every_page_as_absent(browse: Browse, rows: list[Row]) -> None:
    nobody = browse("nobody", set())
    wrong = [
        (str(row), status)
        for row in back_office(rows)
        for status in [row.call(nobody).status_code]
        if (status == 404) != (row.right is not None)
    ]
    assert wrong == []


@pytest.mark.req("G8")
def test_staff_who_may_only_view_see_all_lists_and_can_do_nothing(app: Flask, browse: Browse, rows: list[Row]) -> None:
    areas = app.extensions["registry"].areas.values()
    viewer, wrong = browse("viewer", {(area.key, "view") for area in areas if area.grantable}), []
    grantable = {area.key for area in areas if area.grantable}
    for row in back_office(rows):
        status = row.call(viewer).status_code
        if row.right and (row.right[1] != "view" or row.right[0] not in grantable):
            if status != 404:
                wrong.append((str(row), status))
        elif row.right and row.plain and row.method == "GET" and not row.path.endswith("/new") and status != 200:
            wrong.append((str(row), status))
    assert wrong == []


@pytest.mark.req("G7")
def test_the_superadmin_is_kept_from_nothing(browse: Browse, rows: list[Row]) -> None:
    boss, wrong = browse("boss"), []
    for row in back_office(rows):
        answer = row.call(boss)
        if to_sign_in(answer) or answer.status_code in (401, 403) or answer.status_code >= 500:
            wrong.append((str(row), answer.status_code))
        if row.plain and row.method == "GET" and not row.path.endswith("/new") and answer.status_code != 200:
            wrong.append((str(row), answer.status_code))
    assert wrong == []


# ---- what is somebody else's


BODIES = {
    "api_feedback.post_add_reply": {"content": "补充说明"},
    "api_feedback.post_rate": {"rating": 5},
    "api_feedback.post_reopen": {"content": "还没有解决"},
    "api_visits.post_reject": {"reason": "改日再来"},
    "api_visits.post_reject_batch": {"reason": "改日再来"},
}
"""What an address that names a record needs to be sent."""


def test_what_is_somebody_elses_is_absent(app: Flask, rows: list[Row], phone: PhoneOf, store: Store) -> None:
    """Own, foreign and absent records at each address that names one; a new kind of record needs a line here."""
    li, wang = phone("dev-li"), phone("dev-wang")
    picture = li.upload().json
    work_picture = li.upload(purpose="repair").json
    assert picture is not None
    assert work_picture is not None
    with store() as session:
        unit = make_unit(session)
        charges.install(session)
        for person in (wang, li):
            customer = make_customer(session)
            session.add(CustomerMember(customer_id=customer.id, member_id=int(person.member["id"])))
        bill = make_bill(session, customer, unit)
        application = make_certification(session, int(li.member["id"]), unit)
        make_occupancy(session, customer, unit)
        notice = make_notice(session, buildings=[unit.building_id])
        payment = payments.receive(
            session, community_id=bill.community_id, customer_id=customer.id, bill_ids=[], amount_fen=100,
            channel="cash", paid_on=bill.created_at.date(), prepay=True,
        )  # fmt: skip
        message = messages.send(session, int(li.member["id"]), "notice", "标题", "内容")
        home = make_home(session, unit, int(li.member["id"]))
        order = make_order(session, home, media_keys=[work_picture["id"]])
        visit_keys.install(session)
        visit = make_visit(session, unit, kind="application", member_id=int(li.member["id"]))
        session.add(BatchGrant(community_id=unit.community_id, customer_id=customer.id))
        session.flush()
        own = {
            "key": str(picture["id"]),
            "certification_id": str(application.id),
            "message_id": str(message.id),
            "bill_id": str(bill.id),
            "lease_application_id": str(make_application(session, int(li.member["id"])).id),
            "lost_found_id": str(make_item(session, member_id=int(li.member["id"])).id),
            "feedback_id": str(make_feedback(session, int(li.member["id"])).id),
            "notice_id": str(notice.id),
            "work_order_id": str(order.id),
            "picture_key": str(work_picture["id"]),
            "payment_id": str(payment.id),
            "visit_id": str(visit.id),
            "batch_id": str(make_batch(session, unit, int(li.member["id"]), customer=customer, state="approved").id),
        }
    public = {"community_id", "info_id", "ad_id", "listing_id", "item_id", "point_code"}
    for rule in app.url_map.iter_rules():
        declared = getattr(app.view_functions[rule.endpoint], "endpoint", None)
        if declared is not None and declared.machine is None and rule.arguments:
            assert rule.arguments <= own.keys() | public, f"{rule}: whose record is this?"
            if rule.arguments <= public:
                continue
            path = re.sub(r"<(\w+)>", lambda match: own[match[1]], rule.rule).removeprefix("/api/v1")
            absent = re.sub(r"<(\w+)>", ABSENT, rule.rule).removeprefix("/api/v1")
            if declared.roles is not None and "merchant" not in declared.roles:
                continue  # the two are merchants; tests/modules/repairs has strangers of every role
            for method in set(METHODS) & (rule.methods or set()):
                body = BODIES.get(rule.endpoint)
                foreign, missing = wang.call(method, path, body), wang.call(method, absent, body)
                unread = declared.body is not None and body is None  # refused before anybody looks for the record
                assert foreign.status_code == missing.status_code == (415 if unread else 404), rule
                assert without_number(foreign) == without_number(missing), rule
                mine = li.call(method, path, body).status_code
                moved_on = method == "POST" and mine in (409, 415)  # one's own, but an earlier call has moved it on
                assert mine < 300 or moved_on, rule


def without_number(answer: TestResponse) -> dict[str, Any]:
    """The problem, but for the number of the request."""
    problem: dict[str, Any] = answer.json  # type: ignore[assignment]
    return {name: value for name, value in problem.items() if name != "request_id"}
