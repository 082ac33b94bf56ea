"""The superadmin defines roles by a matrix of rights, and puts people in them (G7, G8)."""

import pytest
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.rights import SUPERADMIN
from tests.conftest import Browse, Store
from tests.factories import make_community, make_staff


def role_id(store: Store, name: str) -> int:
    with store() as session:
        return session.scalars(select(Role.id).where(Role.name == name)).one()


@pytest.mark.req("G8")
def test_a_role_is_a_name_and_ticks_in_a_chinese_matrix(browse: Browse, store: Store) -> None:
    page = browse().get("/system/roles/new").get_data(as_text=True)
    for word in ("认证审核", "商家与租客", "查看", "新增/修改", "删除", "审批", "导入", "导出", "查看敏感信息"):
        assert word in page
    answer = browse().post("/system/roles/new", data={"name": "认证审核员", "right": ["certification.approve"]})
    assert answer.status_code == 302
    with store() as session:
        role = session.scalars(select(Role).where(Role.name == "认证审核员")).one()
        given = {(p.view_menu.name, p.permission.name) for p in role.permissions}
    assert given == {("certification", "can_approve"), ("certification", "can_view")}


@pytest.mark.req("G8")
def test_a_change_of_rights_holds_on_the_next_request(browse: Browse, store: Store) -> None:
    boss, li = browse(), browse("li", {("settings", "view")})
    assert li.get("/system/settings/").status_code == 200
    assert li.get("/system/roles/").status_code == 404
    role = role_id(store, "li 的角色")
    with store() as session:
        person = session.scalars(select(User.id).where(User.username == "li")).one()
    boss.post(f"/system/roles/{role}", data={"name": "li 的角色", "right": ["menu.view"], "people": [person]})
    assert li.get("/system/settings/").status_code == 404
    boss.post(f"/system/roles/{role}", data={"name": "li 的角色", "right": ["settings.view"], "people": [person]})
    assert li.get("/system/settings/").status_code == 200
    boss.post(f"/system/roles/{role}", data={"name": "li 的角色", "right": ["settings.view"]})
    assert li.get("/system/settings/").status_code == 404, "no longer among the role's people"


@pytest.mark.req("G8")
def test_deleting_a_role_takes_its_rights_from_its_people(browse: Browse, store: Store) -> None:
    boss, li = browse(), browse("li", {("settings", "view")})
    boss.post(f"/system/roles/{role_id(store, 'li 的角色')}/delete")
    assert li.get("/system/settings/").status_code == 404


@pytest.mark.req("G8")
def test_each_change_of_rights_is_audited_with_before_and_after(browse: Browse, store: Store) -> None:
    boss = browse()
    boss.post("/system/roles/new", data={"name": "前台", "right": ["customers.view"]})
    boss.post(f"/system/roles/{role_id(store, '前台')}", data={"name": "前台", "right": ["customers.edit"]})
    with store() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "rights").order_by(AuditEntry.seq.desc()).limit(1)
        ).one()
        assert entry.changes == {"rights": ["customers.view", "customers.edit customers.view"]}
        assert entry.actor_name == "boss"


@pytest.mark.req("G7")
def test_the_superadmins_role_is_in_no_matrix_and_cannot_be_changed_or_deleted(browse: Browse, store: Store) -> None:
    boss = browse()
    admin = role_id(store, SUPERADMIN)
    assert boss.post(f"/system/roles/{admin}", data={"name": "x", "right": []}).status_code == 404
    assert boss.post(f"/system/roles/{admin}/delete").status_code == 404
    page = boss.get("/system/roles/new").get_data(as_text=True)
    assert "staff.edit" not in page, "the right over roles is the superadmin's alone"


@pytest.mark.req("G8")
def test_rights_that_are_not_in_the_matrix_cannot_be_smuggled_in(browse: Browse) -> None:
    for right in ("staff.edit", "customers.fly", "nothing.view", "..", ""):
        answer = browse().post("/system/roles/new", data={"name": "坏角色", "right": [right]})
        assert answer.status_code == 422
        assert "坏角色" in answer.get_data(as_text=True), "the form keeps what was typed"


def test_names_are_required_and_unique_and_the_form_keeps_its_ticks(browse: Browse) -> None:
    boss = browse()
    answer = boss.post("/system/roles/new", data={"name": "  ", "right": ["customers.view"]})
    assert answer.status_code == 422
    assert "请填写角色名称" in answer.get_data(as_text=True)
    assert 'value="customers.view" data-action="view" checked' in answer.get_data(as_text=True)
    boss.post("/system/roles/new", data={"name": "前台"})
    assert "已有同名角色" in boss.post("/system/roles/new", data={"name": "前台"}).get_data(as_text=True)
    assert "已有同名角色" in boss.post("/system/roles/new", data={"name": SUPERADMIN}).get_data(as_text=True)


@pytest.mark.req("G7")
def test_a_new_staff_member_gets_an_initial_password_once_and_signs_in_with_it(browse: Browse, store: Store) -> None:
    answer = browse().post(
        "/system/staff/new", data={"username": "wang", "name": "王芳", "email": "wang@example.com", "active": "1"}
    )
    page = answer.get_data(as_text=True)
    password = page.split('<code class="secret">')[1].split("</code>")[0]
    client = browse("other").application.test_client()
    assert client.post("/login/", data={"username": "wang", "password": password}).status_code == 302


@pytest.mark.req("G7")
def test_the_last_superadmin_cannot_be_disabled_or_lose_the_role(browse: Browse, store: Store) -> None:
    boss = browse()
    with store() as session:
        me = session.scalars(select(User.id).where(User.username == "boss")).one()
        admin = session.scalars(select(Role.id).where(Role.name == SUPERADMIN)).one()
    mine = {"username": "boss", "name": "boss", "email": "boss@example.com"}
    assert boss.post(f"/system/staff/{me}", data={**mine, "roles": [admin]}).status_code == 409, "not active"
    answer = boss.post(f"/system/staff/{me}", data={**mine, "active": "1"})
    assert answer.status_code == 409
    assert "至少要保留一名" in answer.get_data(as_text=True)
    with store() as session:
        make_staff(session, "second")
    assert boss.post(f"/system/staff/{me}", data={**mine, "active": "1"}).status_code == 302


def test_staff_forms_say_what_is_wrong_at_each_field(browse: Browse) -> None:
    answer = browse().post("/system/staff/new", data={"username": "王", "name": "", "email": "x", "roles": ["999999"]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for message in ("登录名由字母、数字及", "请填写姓名", "请填写正确的邮箱"):
        assert message in page


@pytest.mark.req("G8")
def test_data_scope_is_kept_with_the_staff_member(browse: Browse, store: Store) -> None:
    boss = browse()
    with store() as session:
        one = make_community(session).id
        make_community(session)
        li = make_staff(session, "li", {("estate", "view")}).id
    form = {"username": "li", "name": "李", "email": "li@example.com", "active": "1", "communities": [one]}
    assert boss.post(f"/system/staff/{li}", data=form).status_code == 302
    page = boss.get(f"/system/staff/{li}").get_data(as_text=True)
    assert f'name="communities" value="{one}" checked' in page


@pytest.mark.req("G8")
def test_only_the_superadmin_reaches_roles_and_staff(browse: Browse, store: Store) -> None:
    every = {("customers", "view"), ("settings", "edit"), ("audit", "view"), ("menu", "edit"), ("jobs", "edit")}
    li = browse("li", every)
    for path in ("/system/roles/", "/system/roles/new", "/system/staff/", "/system/staff/new"):
        assert li.get(path).status_code == 404
        assert li.post(path.rstrip("/"), data={}).status_code in (404, 405)
