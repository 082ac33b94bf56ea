"""A sheet is uploaded, checked without writing anything, confirmed, and imported as a whole or not at all."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.core.audit import AuditEntry
from app.core.rights import StaffScope
from app.core.sheets.models import ImportedRow, ImportJob
from app.modules.estate.models import Building, Community, Unit
from tests.conftest import Browse, Store
from tests.core.sheets.conftest import Import, table
from tests.factories import make_building, make_community, make_customer, make_occupancy, make_staff
from tests.postgresql import both_databases

HEADER = ["园区*", "楼栋*", "房号*", "楼层", "类型", "面积（m²）", "使用状态"]
GOOD = ["粤海园", "A座", "1201", 12, "写字间", 86.5, "空置"]


@pytest.fixture(autouse=True)
def building(store: Store) -> None:
    with store() as session:
        community = make_community(session, code="P1", name="粤海园")
        make_building(session, community=community, name="A座")


def numbers(store: Store) -> list[str]:
    with store() as session:
        return list(session.scalars(select(Unit.number).order_by(Unit.number)))


@both_databases
def test_a_checked_file_writes_nothing_until_it_is_confirmed(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.check([HEADER, GOOD, ["P1", "A座", 1202, 12, "商铺", "90", ""]])
    assert page.job.state == "checked", page.job.error
    assert page.cells == {}
    assert page.counts == (2, 0, 0, 0)
    assert numbers(store) == []
    page = units.press(page, "confirm")
    assert page.job.state == "imported", page.job.error
    with store() as session:
        query = select(Unit.number, Unit.floor, Unit.kind, Unit.area_m2, Unit.status).order_by(Unit.number)
        rows = [" ".join(map(str, row)) for row in session.execute(query)]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "import")).all()
        noted = [(entry.actor_name, entry.record, entry.changes["created"]) for entry in entries]
    assert rows == ["1201 12 office 86.50 vacant", "1202 12 shop 90.00 vacant"]
    assert noted == [("boss", "unit", 2)]


@both_databases
def test_the_same_file_again_changes_nothing_and_says_so(store: Store, importer: Import) -> None:
    units = importer("unit")
    units.take([HEADER, GOOD])
    page = units.check([HEADER, GOOD])
    assert page.counts == (0, 0, 1, 0)
    assert "完全一致" in page.text
    assert "确认导入" not in page.text
    assert units.press(page, "confirm").job.state == "checked"


@both_databases
def test_known_records_are_changed_only_where_the_file_says_so(store: Store, importer: Import) -> None:
    units = importer("unit")
    units.take([HEADER, GOOD])
    page = units.check([["园区", "楼栋", "房号", "面积（m²）", "楼层"], ["P1", "A座", "1201", "99.9", ""]])
    assert page.counts == (0, 1, 0, 0)
    assert "86.50" in page.text
    assert "99.90" in page.text
    units.press(page, "confirm")
    with store() as session:
        unit = session.scalars(select(Unit)).one()
        assert (str(unit.area_m2), unit.floor, unit.kind) == ("99.90", 12, "office")


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        (0, "没有的园区", "找不到园区“没有的园区”"),
        (1, "Z座", "找不到楼栋“Z座”"),
        (2, "", "必填"),
        (2, "x" * 33, "不能超过 32 个字，现有 33 个"),
        (3, "十二", "“十二”不是数字"),
        (3, 12.5, "应为整数，不能有小数"),
        (3, 9999, "不能大于 300"),
        (4, "城堡", "“城堡”不在可选范围内（写字间、商铺、公寓、车位、公共区域）"),
        (5, "-1", "不能小于 0"),
        (5, "1.234", "最多 2 位小数"),
        (5, "NaN", "“NaN”不是数字"),
        (5, "1e999999", "数值过大"),
        (5, 10**11, "数值过大"),
    ],
)
def test_each_wrong_cell_is_named_with_what_is_wrong(importer: Import, column: int, cell: Any, message: str) -> None:
    bad: list[Any] = list(GOOD)
    bad[column] = cell
    page = importer("unit").check([HEADER, [*GOOD[:2], "1199", *GOOD[3:]], bad])
    assert page.cells == {f"{'ABCDEFG'[column]}3": message}
    assert page.counts[3] == 1


def test_control_characters_are_refused(importer: Import) -> None:
    page = importer("unit").check("园区,楼栋,房号\r\nP1,A座,12\x0001\r\n".encode(), "units.csv")
    assert page.cells == {"C2": "含有不可见的控制字符"}


def test_one_wrong_row_keeps_the_whole_file_out(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.check([HEADER, GOOD, ["粤海园", "A座", "1202", "楼上", "写字间", 1, ""]])
    assert "确认导入" not in page.text
    assert units.press(page, "confirm").job.state == "checked"
    assert numbers(store) == []


def test_a_row_that_occurs_twice_is_reported_with_the_first_one(importer: Import) -> None:
    page = importer("unit").check([HEADER, GOOD, GOOD])
    assert page.cells == {"第 3 行": "与第 2 行重复"}


def test_a_unique_value_of_another_record_is_refused(importer: Import) -> None:
    page = importer("community").check([["园区编码", "园区名称"], ["P2", "粤海园"]])
    assert page.cells == {"B2": "已属于另一条记录"}


def test_the_failed_rows_come_back_with_reasons_and_can_be_sent_again(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.check([HEADER, GOOD, ["粤海园", "A座", "-1+1", "楼上", "写字间", 1, ""]])
    answer = page.client.get(f"{page.address}/failed.xlsx")
    rows = table(answer.data)
    assert rows[0] == [*HEADER, "错误原因"]
    assert len(rows) == 2
    assert rows[1][-1] == "楼层：“楼上”不是数字"
    rows[1][3] = 3
    page = units.take(rows)
    assert page.counts == (1, 0, 0, 0)


def test_headers_cells_and_blank_rows_are_read_with_tolerance(store: Store, importer: Import) -> None:
    rows = [
        [" 房号 ", "面积(m²)", "园区", "备注", "楼栋*", "楼层"],
        ["  １２０１ ", "1,086.5元", "粤海园 ", "不认识的列", "　A座", "12.0"],
        [None, "", None, None, " ", None],
        [1202.0, None, "P1", None, "A座", "3"],
    ]
    page = importer("unit").take(rows)
    assert page.counts == (2, 0, 0, 0)
    assert "以下列不属于此表，已忽略：备注" in page.text
    assert numbers(store) == ["1201", "1202"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["园区", "楼栋"], ["P1", "A座"]], "缺少必填的列：房号"),
        ([["园区", "楼栋", "房号", "房号"], ["P1", "A座", "1", "2"]], "表头“房号”出现了两次"),
        ([["园区", "楼栋", "房号"]], "只有表头"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_in_words(importer: Import, rows: Any, message: str) -> None:
    page = importer("unit").check(rows)
    assert page.job.state == "failed"
    assert message in page.text


@both_databases
def test_what_changed_between_check_and_confirmation_stops_the_import(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.check([HEADER, GOOD])
    with store() as session:
        session.execute(update(Building).values(name="B座"))
    page = units.press(page, "confirm")
    assert page.job.state == "failed"
    assert page.cells == {"B2": "找不到楼栋“A座”"}
    assert numbers(store) == []


@both_databases
def test_a_whole_import_is_taken_back_while_it_is_untouched(store: Store, importer: Import) -> None:
    units = importer("unit")
    units.take([HEADER, GOOD])
    page = units.take([HEADER, [*GOOD[:5], 99, "自用"], ["P1", "A座", "1202", 1, "商铺", 5, ""]])
    assert page.counts == (1, 1, 0, 0)
    page = units.press(page, "undo")
    assert page.job.state == "undone"
    with store() as session:
        unit = session.scalars(select(Unit)).one()
        assert (unit.number, str(unit.area_m2), unit.status) == ("1201", "86.50", "vacant")
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "undo_import")).one().actor_name == "boss"


def test_an_import_cannot_be_taken_back_once_a_record_was_changed(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.take([HEADER, GOOD])
    with store() as session:
        session.scalars(select(Unit)).one().floor = 3
    page = units.press(page, "undo")
    assert page.job.state == "imported"
    assert "1 条房屋/单元被修改或删除" in page.client.get(page.address).get_data(as_text=True) + page.text
    assert numbers(store) == ["1201"]


@both_databases
def test_an_import_cannot_be_taken_back_once_a_record_is_referred_to(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.take([HEADER, GOOD])
    with store() as session:
        make_occupancy(session, make_customer(session), session.scalars(select(Unit)).one())
    assert units.press(page, "undo").job.state == "imported"
    assert numbers(store) == ["1201"]


def test_a_hundred_rows_more_cost_no_more_queries(store: Store, importer: Import) -> None:
    from sqlalchemy import event

    from app.core.db import db

    units = importer("unit")

    def queries(count: int) -> int:
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        with units.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            units.check([HEADER, *(["P1", "A座", str(n), 1, "商铺", 1, ""] for n in range(count))])
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    queries(1)
    assert queries(200) <= queries(2) + 2


def test_staff_import_only_into_the_communities_of_their_scope(store: Store, browse: Browse, importer: Import) -> None:
    with store() as session:
        other = make_community(session, code="P2", name="别处")
        make_building(session, community=other, name="A座")
        person = make_staff(session, "li", {("estate", "import")})
        session.add(StaffScope(user_id=person.id, community_id=other.id))
    client = browse("li")
    page = importer("unit", client).check([HEADER, GOOD, ["别处", "A座", "1", 1, "商铺", 1, ""]])
    assert page.cells == {"A2": "找不到园区“粤海园”"}
    page = importer("community", client).check([["园区编码", "园区名称"], ["P3", "新园"]])
    page = importer("community", client).press(page, "confirm")
    assert page.job.state == "failed"
    assert "不属于您数据权限内的园区" in page.text
    with store() as session:
        assert session.scalar(select(func.count(Community.id))) == 2
        assert session.scalar(select(func.count(ImportedRow.id))) == 0


@pytest.mark.req("G8")
def test_without_the_right_there_are_no_import_pages(browse: Browse, importer: Import) -> None:
    viewer = browse("li", {("estate", "view")})
    for path in ("/import/unit/", "/import/unit/template.xlsx", "/import/unit/1"):
        assert viewer.get(path).status_code == 404
    for path in ("/import/unit/", "/import/unit/1/confirm", "/import/unit/1/undo"):
        assert viewer.post(path).status_code == 404
    assert importer("unit", viewer).send(b"x").status_code == 404


def test_an_import_is_seen_by_who_made_it_and_by_superadmins(browse: Browse, importer: Import) -> None:
    page = importer("unit", browse("li", {("estate", "import")})).check([HEADER, GOOD])
    assert browse("wang", {("estate", "import")}).get(page.address).status_code == 404
    assert browse().get(page.address).status_code == 200
    assert browse().get(page.address.replace("/unit/", "/building/")).status_code == 404


def test_a_cancelled_import_leaves_nothing_behind(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.press(units.check([HEADER, GOOD]), "cancel")
    assert page.job.state == "cancelled"
    assert numbers(store) == []
    assert not list((units.app.config["DATA_DIR"] / "imports").glob(page.job.file_key))
    assert units.press(page, "confirm").job.state == "cancelled"


def test_files_that_nobody_confirms_are_forgotten_after_a_week(importer: Import, monkeypatch: Any) -> None:
    units = importer("unit")
    kept = units.check([HEADER, GOOD])
    monkeypatch.setattr("app.core.sheets.files.KEPT_SECONDS", -1)
    units.send(b"P,Q\n1,2\n", "a.csv")
    page = units.press(kept, "confirm")
    assert page.job.state == "failed"
    assert "文件已清理，请重新上传" in page.text


def test_an_import_is_confirmed_once(store: Store, importer: Import) -> None:
    units = importer("unit")
    page = units.check([HEADER, GOOD])
    units.client.post(f"{page.address}/confirm")
    units.client.post(f"{page.address}/confirm")
    assert units.look(page.address).job.state == "imported"
    assert numbers(store) == ["1201"]
    with store() as session:
        assert session.scalar(select(func.count(ImportJob.id))) == 1


def test_the_progress_of_a_check_can_be_asked_for(importer: Import) -> None:
    units = importer("unit")
    address = units.send("园区,楼栋,房号\nP1,A座,1\n".encode(), "a.csv").headers["Location"]
    assert units.client.get(f"{address}/state").json == {"busy": True, "done": 0, "total": 0}
    assert "<progress" in units.client.get(address).get_data(as_text=True)
    page = units.look(address)
    assert units.client.get(f"{address}/state").json == {"busy": False, "done": 1, "total": 1}
    assert page.job.state == "checked"
