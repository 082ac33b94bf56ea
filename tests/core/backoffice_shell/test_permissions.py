"""``flask sync-permissions``: exactly the declared rights, as often as one likes, nothing lost."""

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu
from sqlalchemy import delete, func, select, text

from app.core import rights
from app.core.module import registry
from tests.conftest import Browse, Store
from tests.postgresql import both_databases


def count_rights(store: Store) -> int:
    with store() as session:
        return session.scalar(select(func.count()).select_from(PermissionView)) or 0


@both_databases
@pytest.mark.req("G9")
def test_it_makes_one_right_per_area_and_action_and_twice_changes_nothing(app: Flask, store: Store) -> None:
    with app.app_context():
        declared = sum(len(area.actions) for area in registry().areas.values())
    assert count_rights(store) == declared
    result = app.test_cli_runner().invoke(args=["sync-permissions"])
    assert (result.exit_code, count_rights(store)) == (0, declared)
    assert f"已同步 {declared} 项权限" in result.output
    with store() as session:
        assert set(session.scalars(select(Role.name))) == {rights.SUPERADMIN, "Public"}


def test_it_brings_back_what_is_missing(app: Flask, store: Store) -> None:
    before = count_rights(store)
    with store() as session:
        session.execute(delete(PermissionView).where(PermissionView.id == session.scalar(select(PermissionView.id))))
    app.test_cli_runner().invoke(args=["sync-permissions"], catch_exceptions=False)
    assert count_rights(store) == before


def test_rights_that_are_declared_no_more_are_named_and_kept(app: Flask, store: Store) -> None:
    with store() as session:
        area, permission = ViewMenu(name="old_module"), session.scalars(select(Permission).limit(1)).one()
        session.add(PermissionView(view_menu=area, permission=permission))
    before = count_rights(store)
    result = app.test_cli_runner().invoke(args=["sync-permissions"])
    assert "已不再声明" in result.output
    assert "old_module" in result.output
    assert count_rights(store) == before


def test_it_fails_loudly_on_a_database_without_tables(app: Flask, store: Store) -> None:
    with store() as session:
        session.execute(text("ALTER TABLE ab_permission RENAME TO gone"))
    assert app.test_cli_runner().invoke(args=["sync-permissions"]).exit_code != 0


@pytest.mark.req("G8")
def test_the_framework_and_we_answer_alike(app: Flask, browse: Browse) -> None:
    client = browse("li", {("customers", "view"), ("customers", "edit")})
    with client:
        client.get("/")
        manager = app.appbuilder.sm  # type: ignore[attr-defined]
        for area in ("customers", "estate", "staff"):
            for action in ("view", "edit", "delete"):
                assert manager.has_access(f"can_{action}", area) == rights.can(area, action)
        assert manager.has_access("can_edit", "customers")
        assert not manager.has_access("can_delete", "customers")
