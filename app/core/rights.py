"""Who among the staff may do what, asked the same way everywhere.

A right is an (area, action) pair, stored as Flask-AppBuilder's ``can_<action> on <area>``. The set of
the signed-in person is read once a request, so a change holds from the next request on.
"""

from typing import Any

from flask import abort, g
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_login import current_user
from sqlalchemy import ForeignKey, Integer, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import BigId, Record, db

SUPERADMIN = "Admin"
"""The role that has every right; it is not in the matrix and cannot be changed."""


class StaffScope(Record):
    """数据权限: a staff member who has rows here sees only these communities; without rows, all."""

    __tablename__ = "staff_scope"
    __label__ = "数据权限"

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id", ondelete="CASCADE"))


def is_superadmin() -> bool:
    """Whether the signed-in person holds the superadmin role."""
    return current_user.is_authenticated and any(role.name == SUPERADMIN for role in current_user.roles)


def held() -> frozenset[tuple[str, str]]:
    """The (area, action) pairs of the signed-in person; of nobody: none. The superadmin is not listed here."""
    if not current_user.is_authenticated:
        return frozenset()
    if "rights" not in g:
        rows = db.session.execute(
            select(ViewMenu.name, Permission.name)
            .join(PermissionView, PermissionView.view_menu_id == ViewMenu.id)
            .join(Permission, Permission.id == PermissionView.permission_id)
            .join(assoc_permissionview_role, assoc_permissionview_role.c.permission_view_id == PermissionView.id)
            .join(assoc_user_role, assoc_user_role.c.role_id == assoc_permissionview_role.c.role_id)
            .where(assoc_user_role.c.user_id == current_user.id)
        )
        g.rights = frozenset((area, action.removeprefix("can_")) for area, action in rows)
    return g.rights


def can(area: str, action: str) -> bool:
    """Whether the signed-in person may ``action`` in ``area``."""
    return is_superadmin() or (area, action) in held()


def require(area: str, action: str) -> None:
    """Answer as absent (404) unless ``can``: what one may not see, one does not learn of."""
    if not can(area, action):
        abort(404)


def communities() -> frozenset[int] | None:
    """The communities in the signed-in person's data scope; None means all."""
    if not current_user.is_authenticated or is_superadmin():
        return None
    if "communities" not in g:
        rows = db.session.scalars(select(StaffScope.community_id).where(StaffScope.user_id == current_user.id))
        g.communities = frozenset(rows) or None
    return g.communities


def within(query: Any, model: Any) -> Any:
    """The query, kept to the records of ``model`` (it has a ``community_id``) in the signed-in person's data scope."""
    scope = communities()
    return query if scope is None else query.where(model.community_id.in_(scope))


def scope_of(session: Session, user_id: int) -> frozenset[int] | None:
    """The communities in the data scope of a staff member who is not at the keyboard (a job); None means all."""
    names = session.scalars(
        select(Role.name)
        .join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
        .where(assoc_user_role.c.user_id == user_id)
    )
    if SUPERADMIN in set(names):
        return None
    return frozenset(session.scalars(select(StaffScope.community_id).where(StaffScope.user_id == user_id))) or None


def allows(session: Session, user_id: int, area: str, action: str) -> bool:
    """Whether a staff member who is not at the keyboard (a job) may ``action`` in ``area`` now."""
    roles = select(Role.id, Role.name).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    held_by = roles.join(User, User.id == assoc_user_role.c.user_id).where(User.id == user_id, User.active.is_(True))
    found = session.execute(held_by).all()
    if any(role.name == SUPERADMIN for role in found):
        return True
    right = (
        select(PermissionView.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.permission_view_id == PermissionView.id)
        .where(
            assoc_permissionview_role.c.role_id.in_([role.id for role in found]),
            ViewMenu.name == area,
            Permission.name == f"can_{action}",
        )
    )
    return session.scalar(right.limit(1)) is not None
