"""``flask sync-permissions``: what the modules declare (rights, the function menu) as rows of the database."""

import click
from flask import Flask, current_app
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu
from sqlalchemy import select

from app.core.db import db, transaction
from app.core.module import registry
from app.core.rights import SUPERADMIN

BUILT_IN = (SUPERADMIN, "Public")


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("sync-permissions")(report)


def report() -> None:
    """按模块声明同步内置角色与权限项；不再声明的权限项保留并列出。"""
    count, orphans = sync()
    click.echo(f"已同步 {count} 项权限")
    if orphans:
        click.echo(f"以下权限项已不再声明，予以保留：{'、'.join(orphans)}")


def sync() -> tuple[int, list[str]]:
    """Add what is missing; returns how many rights are declared, and those that no module declares any more.

    Rights that are declared no more are kept: a module that is taken out and put back finds its roles as they were.
    Raises RuntimeError when the database does not hold what was declared.
    """
    wanted = {(area.key, f"can_{action.key}") for area in registry().areas.values() for action in area.actions}
    session = db.session()
    with transaction():
        for name in BUILT_IN:
            if session.scalar(select(Role.id).where(Role.name == name)) is None:
                session.add(Role(name=name))
        permissions = _named(session, Permission, {permission for _area, permission in wanted})
        areas = _named(session, ViewMenu, {area for area, _permission in wanted})
        for area, permission in sorted(wanted - _present()):
            session.add(PermissionView(permission=permissions[permission], view_menu=areas[area]))
        for module in registry():
            if module.install:
                module.install(session)
    present = _present()
    if not wanted <= present:
        raise RuntimeError(f"rights could not be stored: {sorted(wanted - present)}")
    current_app.logger.debug("rights synchronised")
    return len(wanted), sorted(f"{area}.{permission}" for area, permission in present - wanted)


def _named(session: db.Session, kind: type, names: set[str]) -> dict[str, object]:
    found = {row.name: row for row in session.scalars(select(kind).where(kind.name.in_(names)))}  # type: ignore[attr-defined]
    for name in sorted(names - found.keys()):
        found[name] = kind(name=name)
        session.add(found[name])
    return found


def _present() -> set[tuple[str, str]]:
    rows = db.session.execute(
        select(ViewMenu.name, Permission.name)
        .join(PermissionView, PermissionView.view_menu_id == ViewMenu.id)
        .join(Permission, Permission.id == PermissionView.permission_id)
    )
    return {(area, permission) for area, permission in rows}
