"""Reports as files and in the inbox: the same as the screen, and only for those who may (S1, C2)."""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.backoffice import deliveries, report_files
from app.core.backoffice.models import DeliveredReport, ReportSubscription
from app.core.jobs import run_due
from app.core.reports import AMOUNT, DATE, DURATION, PERCENT, Asked, Chart, Column, Report
from app.core.rights import StaffScope
from app.modules.feedback.models import Feedback
from app.modules.system import staff
from tests.conftest import Browse, Store
from tests.factories import make_community, make_member
from tests.modules.feedback import factories
from tests.postgresql import both_databases

MAY = {("feedback", "view"), ("feedback", "export")}


def make_feedback(session: Session, **values: Any) -> Feedback:
    return factories.make_feedback(session, make_member(session).id, **values)


def text_of_pdf(content: bytes) -> str:
    """All the words of a PDF, without the breaks."""
    document = pypdfium2.PdfDocument(content)
    return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)


def cells_of_screen(page: str) -> list[list[str]]:
    body = page.split("<tbody>")[1].split("</table>", maxsplit=1)[0]
    rows = [re.findall(r"<td[^>]*>(?:<b>)?([^<]*)", row) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]
    return [[cell.strip() for cell in row] for row in rows]


@pytest.fixture
def reader(browse: Browse, store: Store) -> FlaskClient:
    """Somebody who may export complaints, of which there are three in two communities."""
    with store() as session:
        here = make_community(session, name="滨江园")
        kind = factories.make_type(session, name="电梯,空调")
        for _ in range(2):
            make_feedback(session, community=here, type=kind)
        make_feedback(session, type=factories.make_type(session, name="噪音"))
    return browse("reader", MAY)


@pytest.mark.req("S1", "C2")
def test_the_files_hold_what_the_screen_shows(reader: FlaskClient) -> None:
    screen = cells_of_screen(reader.get("/reports/feedback/?by=type").get_data(as_text=True))
    assert [row[:3] for row in screen] == [["电梯,空调", "2", "2"], ["噪音", "1", "1"], ["合计", "3", "3"]]

    sheet = openpyxl.load_workbook(io.BytesIO(reader.post("/reports/feedback/export?by=type").data)).active
    assert sheet is not None
    rows = [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert [row[:3] for row in rows[1:]] == [row[:3] for row in screen]

    answer = reader.post("/reports/feedback/export?by=type&form=pdf")
    assert answer.mimetype == "application/pdf"
    words = text_of_pdf(answer.data)
    for row in screen:
        shown = "".join(cell for cell in row if cell != "—" or row[0] != "合计")
        assert shown.replace(" ", "") in words, row
    today = clock.today()
    for said in (
        "投诉建议统计",
        f"时间：{today.replace(month=1, day=1)}至{today}",
        "园区：全部园区",
        "按类型",
        "制表时间",
    ):
        assert said in words


@pytest.mark.parametrize(("by", "first"), [("type", "类型"), ("community", "园区")])
def test_the_first_column_is_called_after_what_the_rows_are_grouped_by(
    reader: FlaskClient, by: str, first: str
) -> None:
    page = reader.get(f"/reports/feedback/?by={by}").get_data(as_text=True)
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)', page)[0] == first
    sheet = openpyxl.load_workbook(io.BytesIO(reader.post(f"/reports/feedback/export?by={by}").data)).active
    assert sheet is not None
    assert sheet["A1"].value == first


def test_a_pdf_embeds_its_letters_and_lies_across(reader: FlaskClient) -> None:
    content = reader.post("/reports/feedback/export?form=pdf").data
    assert b"/FontFile2" in content
    width, height = pypdfium2.PdfDocument(content)[0].get_size()
    assert (round(width), round(height)) == (842, 595)


def test_the_head_names_the_communities_asked_for(reader: FlaskClient, store: Store) -> None:
    with store() as session:
        park = session.scalars(select(Feedback.community_id).order_by(Feedback.id)).first()
    words = text_of_pdf(reader.post(f"/reports/feedback/export?form=pdf&community={park}").data)
    assert "园区：滨江园" in words
    assert "噪音" not in words


def test_long_reports_repeat_their_heading_and_too_long_ones_are_refused_in_words(
    app: Flask, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"金额": AMOUNT, "率": PERCENT, "用时": DURATION, "日期": DATE}
    columns = [Column("名称"), *(Column(title, kind) for title, kind in kinds.items())]
    many = Report("many", "长报表", "feedback", columns, rows=lambda *_: [])
    rows = [(f"第{n}行很长的名称" * 9, n, 0.5, 61, date(2026, 1, 1)) for n in range(120)]
    with app.test_request_context():
        asked = Asked(date(2026, 1, 1), date(2026, 1, 31), None)
        content = report_files.report_file(many, asked, rows, "pdf", "全部园区").content
    document = pypdfium2.PdfDocument(content)
    assert len(document) > 2
    assert all("用时" in page.get_textpage().get_text_bounded() for page in document)
    monkeypatch.setattr(report_files, "MOST_PRINTED", 1)
    answer = reader.post("/reports/feedback/export?form=pdf", follow_redirects=True).get_data(as_text=True)
    assert "请缩短时间或导出 Excel" in answer


def chart_on_paper(app: Flask, kind: str, rows: list[tuple[Any, ...]], columns: tuple[int, ...] = (1, 2)) -> str:
    """The words of the first page of a report whose table is told apart by its own heading, and of its chart."""
    titles = [Column("楼栋"), Column("应收", AMOUNT), Column("用时", DURATION), Column("率", PERCENT)]
    charted = Report("charted", "带图的报表", "feedback", titles, rows=lambda *_: [], chart=Chart(kind, 0, columns))
    with app.test_request_context():
        asked = Asked(date(2026, 1, 1), date(2026, 1, 31), None)
        content = report_files.report_file(charted, asked, rows, "pdf", "全部园区").content
    return "".join(pypdfium2.PdfDocument(content)[0].get_textpage().get_text_bounded().split())


@pytest.mark.req("S1")
@pytest.mark.parametrize("kind", ["bar", "line"])
def test_the_chart_of_the_screen_stands_in_the_pdf_with_the_figures_of_the_table(app: Flask, kind: str) -> None:
    words = chart_on_paper(app, kind, [("甲座", 123_450, 90, 0.5), ("乙座", 200_000, None, 1)])
    chart, _table = words.split("楼栋")
    assert "应收（元）" in chart
    assert "用时（小时）" in chart
    for text in ("甲座", "乙座"):
        assert text in chart
    if kind == "bar":
        for figure in ("1,234.5", "2,000", "1.5"):
            assert figure in chart


def test_a_round_chart_says_the_figure_and_the_part_of_each_piece(app: Flask) -> None:
    chart = chart_on_paper(app, "pie", [("甲座", 30_000, 0, 0), ("乙座", 10_000, 0, 0), ("丙座", 0, 0, 0)], (1,))
    assert "甲座300，75.0%" in chart
    assert "乙座100，25.0%" in chart
    assert "丙座0" not in chart.split("楼栋")[0]


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
@pytest.mark.parametrize("rows", [[], [("甲座", 0, None, 0)]])
def test_where_there_is_nothing_to_see_there_is_no_chart(app: Flask, kind: str, rows: list[tuple[Any, ...]]) -> None:
    assert "应收（元）" not in chart_on_paper(app, kind, rows)


def test_odd_figures_and_many_rows_are_drawn_too(app: Flask) -> None:
    assert "-500" in chart_on_paper(app, "bar", [("退款", -50_000, 0, 0), ("收款", 90_000, 0, 0)])
    many = [(f"第{n}栋名称很长的写字楼", n * 100, n, 0.1) for n in range(75)]
    chart = chart_on_paper(app, "bar", many)
    assert "图中为前60行" in chart
    assert "第59栋" in chart.split("图中为前")[0]
    assert "第60栋" not in chart.split("图中为前")[0]


@pytest.mark.req("G8")
def test_a_role_sees_and_takes_only_its_reports(app: Flask, browse: Browse) -> None:
    viewer = browse("viewer", {("feedback", "view")})
    menu = set(re.findall(r'href="(/reports/[a-z_]+/)"', viewer.get("/").get_data(as_text=True)))
    assert menu == {"/reports/feedback/"}
    assert "导出" not in viewer.get("/reports/feedback/").get_data(as_text=True)
    for view in app.extensions["report_pages"]:
        if view.area != "feedback":
            assert viewer.get(f"{view.route_base}/").status_code == 404
        for act in ("export", "export?form=pdf", "subscribe"):
            assert viewer.post(f"{view.route_base}/{act}").status_code == 404


# ---- the inbox


def subscribe(client: FlaskClient, cadence: str = "daily", form: str = "xlsx", address: str = "") -> str:
    answer = client.post(f"/reports/feedback/subscribe{address}", data={"cadence": cadence, "form": form})
    return client.get(answer.headers["Location"]).get_data(as_text=True)


@pytest.fixture
def morning() -> Iterator[datetime]:
    """Monday, the first of a month, 06:40: everything comes today."""
    at = datetime(2027, 2, 1, 6, 40, tzinfo=clock.SHANGHAI)
    with clock.travel(at):
        yield at


@pytest.mark.req("S1")
@both_databases
def test_a_subscribed_report_comes_once_and_opens_as_it_would_have_been_exported(
    app: Flask, browse: Browse, reader: FlaskClient, store: Store
) -> None:
    assert "已订阅" in subscribe(reader, address="?by=type")
    with clock.travel(datetime(2027, 2, 1, 6, 40, tzinfo=clock.SHANGHAI)):
        reader = browse("reader")
        with store() as session:
            for each in session.scalars(select(Feedback)):
                each.created_at = clock.now() - timedelta(days=1)
        for _again in range(3):
            run_due(app, 500)
        page = reader.get("/account/inbox/").get_data(as_text=True)
        assert page.count("未读") == 1
        assert "没有打开的报表" in reader.get("/").get_data(as_text=True)
        (number,) = re.findall(r'name="id" value="(\d+)"><button[^>]*aria-label="下载', page)
        answer = reader.post("/account/inbox/open", data={"id": number})
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        assert sheet is not None
        assert [row[:2] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
            ("电梯,空调", 2), ("噪音", 1), ("合计", 3)
        ]  # fmt: skip
        assert "未读" not in reader.get("/account/inbox/").get_data(as_text=True)


@pytest.mark.req("G8")
def test_a_right_taken_away_stops_deliveries_and_closes_what_was_delivered(
    app: Flask, browse: Browse, reader: FlaskClient, store: Store
) -> None:
    subscribe(reader)
    day = datetime(2027, 2, 2, 6, 40, tzinfo=clock.SHANGHAI)
    with clock.travel(day):
        reader = browse("reader")
        run_due(app, 500)
        with store() as session:
            (first,) = session.scalars(select(DeliveredReport.id))
            role = session.scalars(select(Role).where(Role.name == "reader 的角色")).one()
            staff.save_role(session, role, role.name, {("feedback", "view")})
        answer = reader.post("/account/inbox/open", data={"id": first}, follow_redirects=True)
        assert "已没有导出这份报表的权限" in answer.get_data(as_text=True)
        assert "暂停送达" in reader.get("/account/inbox/").get_data(as_text=True)
    with clock.travel(day + timedelta(days=1)):
        run_due(app, 500)
        with store() as session:
            assert len(list(session.scalars(select(DeliveredReport.id)))) == 1


def test_a_delivery_keeps_to_the_data_scope_of_its_moment(app: Flask, reader: FlaskClient, store: Store) -> None:
    subscribe(reader, form="pdf")
    with clock.travel(datetime(2027, 2, 2, 6, 40, tzinfo=clock.SHANGHAI)):
        with store() as session:
            user = session.scalars(select(User.id).where(User.username == "reader")).one()
            park = session.scalars(select(Feedback.community_id).order_by(Feedback.id)).first()
            session.add(StaffScope(user_id=user, community_id=park))
            for each in session.scalars(select(Feedback)):
                each.created_at = clock.now() - timedelta(days=1)
        run_due(app, 500)
        with store() as session:
            words = text_of_pdf(session.scalars(select(DeliveredReport.content)).one())
    assert "园区：滨江园" in words
    assert "噪音" not in words


@pytest.mark.parametrize(
    ("cadence", "today", "days"),
    [
        ("daily", date(2026, 3, 1), (date(2026, 2, 28), date(2026, 2, 28))),
        ("weekly", date(2026, 3, 2), (date(2026, 2, 23), date(2026, 3, 1))),
        ("weekly", date(2026, 3, 3), None),
        ("monthly", date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 28))),
        ("monthly", date(2026, 3, 2), None),
    ],
)
def test_each_cadence_tells_about_the_whole_time_before(cadence: str, today: date, days: Any) -> None:
    assert deliveries.span(cadence, today) == days


def test_nobody_opens_or_ends_what_is_anothers(browse: Browse, reader: FlaskClient, store: Store) -> None:
    subscribe(reader)
    with store() as session:
        mine = session.scalars(select(ReportSubscription)).one()
        session.add(DeliveredReport(
            user_id=mine.user_id, report="feedback", title="投诉建议统计", until=date(2026, 1, 1), filename="x.xlsx",
            mimetype="text/plain", content=b"secret",
        ))  # fmt: skip
        session.flush()
        delivered, subscription = session.scalars(select(DeliveredReport.id)).one(), mine.id
    other = browse("boss")
    assert b"secret" not in other.post("/account/inbox/open", data={"id": delivered}).data
    other.post("/account/inbox/unsubscribe", data={"id": subscription})
    for nonsense in ("", "x", "999999999999999999999"):
        for act in ("open", "unsubscribe"):
            assert other.post(f"/account/inbox/{act}", data={"id": nonsense}).status_code == 302
    with store() as session:
        assert session.scalars(select(ReportSubscription.id)).all() == [subscription]
    assert reader.post("/account/inbox/open", data={"id": delivered}).data == b"secret"
    reader.post("/account/inbox/unsubscribe", data={"id": subscription})
    with store() as session:
        assert session.scalars(select(ReportSubscription.id)).all() == []


def test_a_second_subscription_of_a_cadence_replaces_the_first_and_nonsense_is_refused(
    reader: FlaskClient, store: Store
) -> None:
    subscribe(reader, form="xlsx")
    subscribe(reader, form="pdf")
    assert "请选择订阅的周期和格式" in subscribe(reader, cadence="hourly")
    with store() as session:
        assert [one.form for one in session.scalars(select(ReportSubscription))] == ["pdf"]
