"""Roles, the people in them, and their sign-ins (G7, G8).

The superadmin's role is not touched by anything here except to keep at least one active person in it,
so that nobody can lock the installation out of itself.
"""

import secrets
from collections.abc import Collection, Iterable

from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, User, ViewMenu, assoc_user_role
from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, selectinload

from app.core import audit
from app.core.backoffice import accounts
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.module import VIEW, registry
from app.core.rights import SUPERADMIN, StaffScope

PUBLIC = "Public"
Right = tuple[str, str]
"""(area key, action key)."""


def custom_roles() -> Select[tuple[Role]]:
    """The roles that the superadmin defines: all but the built-in two."""
    return select(Role).where(Role.name.not_in([SUPERADMIN, PUBLIC])).order_by(Role.name)


def role_by_id(session: Session, role_id: int) -> Role:
    """A custom role with its rights and people. Raises NotFound; the built-in roles count as absent."""
    role = session.scalar(
        custom_roles().where(Role.id == role_id).options(selectinload(Role.permissions), selectinload(Role.user))
    )
    if role is None:
        raise NotFound
    return role


def rights_of(role: Role) -> set[Right]:
    """The rights that a role gives."""
    return {(right.view_menu.name, right.permission.name.removeprefix("can_")) for right in role.permissions}


def grantable() -> set[Right]:
    """Every right that can be given: the ticks of the matrix."""
    return {(area.key, action.key) for area in registry().areas.values() if area.grantable for action in area.actions}


def save_role(
    session: Session, role: Role | None, name: str, rights: Iterable[Right], people: Collection[int] | None = None
) -> Role:
    """Make or change a custom role: its name, its rights, and (unless None) the ids of its people.

    A right in an area brings the right to view it. Audited with before and after.
    Raises Invalid for an empty or taken name and for rights that do not exist.
    """
    name = name.strip()
    if not name or len(name) > 64:
        raise Invalid.field("name", _("请填写角色名称（不超过 64 个字）"))
    taken = session.scalar(select(Role.id).where(func.lower(Role.name) == name.lower()))
    if taken is not None and (role is None or taken != role.id):
        raise Invalid.field("name", _("已有同名角色“%(name)s”", name=name))
    wanted = {right for area, action in rights for right in ((area, action), (area, VIEW.key))}
    unknown = wanted - grantable()
    if unknown:
        raise Invalid.field("rights", _("包含不存在的权限，请刷新页面后重试"))
    if role is None:
        role = Role(name=name, permissions=[], user=[])
        session.add(role)
        session.flush()
    role.name = name
    _set_rights(session, role, wanted)
    if people is not None:
        _set_people(session, role, people)
    return role


def _set_rights(session: Session, role: Role, wanted: set[Right]) -> None:
    before = rights_of(role)
    if before == wanted:
        return
    rows = session.scalars(
        select(PermissionView)
        .join(PermissionView.permission)
        .join(PermissionView.view_menu)
        .where(ViewMenu.name.in_({area for area, _action in wanted}), Permission.name.like("can\\_%", escape="\\"))
    )
    found = {(row.view_menu.name, row.permission.name.removeprefix("can_")): row for row in rows}
    role.permissions = [found[right] for right in sorted(wanted)]
    audit.record(session, "rights", role, {"rights": [_text(before), _text(wanted)]})


def _text(rights: Iterable[Right]) -> str:
    return " ".join(sorted(f"{area}.{action}" for area, action in rights))


def _set_people(session: Session, role: Role, people: Collection[int]) -> None:
    before = {person.id for person in role.user}
    after = set(people)
    if before == after:
        return
    persons = session.scalars(select(User).where(User.id.in_(after))).all()
    if len(persons) != len(after):
        raise Invalid.field("people", _("包含不存在的人员，请刷新页面后重试"))
    role.user = list(persons)
    audit.record(session, "people", role, {"people": [sorted(before), sorted(after)]})


def remove_role(session: Session, role: Role) -> None:
    """Delete a custom role; its people lose its rights on their next request."""
    audit.record(session, "delete", role, {"name": role.name, "rights": _text(rights_of(role))})
    role.permissions = []
    role.user = []
    session.flush()
    session.delete(role)


def staff_by_id(session: Session, user_id: int) -> User:
    """A staff member with roles. Raises NotFound."""
    person = session.scalar(select(User).where(User.id == user_id).options(selectinload(User.roles)))
    if person is None:
        raise NotFound
    return person


def save_staff(
    session: Session,
    person: User | None,
    *,
    username: str,
    name: str,
    email: str,
    active: bool,
    roles: Collection[int],
    communities: Collection[int],
) -> tuple[User, str | None]:
    """Make or change a staff member; returns it and, for a new one, the initial password (changed at first login).

    ``communities`` is the data scope; empty means all. Raises Invalid with field errors, and Conflict when the
    last active superadmin would be lost.
    """
    username, name, email = username.strip(), name.strip(), email.strip().lower()
    session.execute(
        select(Role.id).where(Role.name == SUPERADMIN).with_for_update()
    )  # one at a time: the last one stays
    _check_staff(session, person, username, name, email)
    wanted = session.scalars(select(Role).where(Role.id.in_(roles), Role.name != PUBLIC)).all()
    if len(wanted) != len(set(roles)):
        raise Invalid.field("roles", _("包含不存在的角色，请刷新页面后重试"))
    password = None
    if person is None:
        password = initial_password()
        person = User(username=username, first_name=name, last_name="", email=email, active=active, roles=[])
        session.add(person)
        session.flush()
        _set_password(session, person, password)
    before = {role.name for role in person.roles}
    person.username, person.first_name, person.email, person.active = username, name, email, active
    person.roles = list(wanted)
    after = {role.name for role in wanted}
    if before != after:
        audit.record(session, "roles", person, {"roles": [sorted(before), sorted(after)]})
    _set_scope(session, person, communities)
    session.flush()
    _keep_a_superadmin(session)
    return person, password


def _check_staff(session: Session, person: User | None, username: str, name: str, email: str) -> None:
    problems = []
    if not (username.isascii() and username.replace("_", "").replace("-", "").replace(".", "").isalnum()):
        problems.append(FieldError("username", _("登录名由字母、数字及 _ - . 组成")))
    if len(username) > 64:
        problems.append(FieldError("username", _("登录名不超过 64 个字符")))
    if not name or len(name) > 64:
        problems.append(FieldError("name", _("请填写姓名（不超过 64 个字）")))
    if email.count("@") != 1 or not all(email.split("@")) or len(email) > 320 or not email.isascii():
        problems.append(FieldError("email", _("请填写正确的邮箱")))
    others = select(User.id).where(User.id != (person.id if person else 0))
    if session.scalar(others.where(func.lower(User.username) == username.lower())):
        problems.append(FieldError("username", _("登录名“%(name)s”已被使用", name=username)))
    if session.scalar(others.where(func.lower(User.email) == email)):
        problems.append(FieldError("email", _("该邮箱已被使用")))
    if problems:
        raise Invalid(errors=problems)


def _set_scope(session: Session, person: User, communities: Collection[int]) -> None:
    before = set(session.scalars(select(StaffScope.community_id).where(StaffScope.user_id == person.id)))
    after = set(communities)
    if before == after:
        return
    session.execute(delete(StaffScope).where(StaffScope.user_id == person.id))
    session.add_all(StaffScope(user_id=person.id, community_id=community_id) for community_id in sorted(after))
    audit.record(session, "scope", person, {"communities": [sorted(before), sorted(after)]})


def _keep_a_superadmin(session: Session) -> None:
    left = session.scalar(
        select(func.count())
        .select_from(User)
        .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .join(Role, Role.id == assoc_user_role.c.role_id)
        .where(Role.name == SUPERADMIN, User.active.is_(True))
    )
    if not left:
        raise Conflict(_("至少要保留一名启用的超级管理员"), code="last_superadmin")


def reset_password(session: Session, person: User) -> str:
    """Give a new initial password, to be changed at the next login; open sessions die, a lock is lifted.

    The second step is switched off too: who has lost password or phone has no other way back.
    """
    password = initial_password()
    _set_password(session, person, password)
    audit.record(session, "reset_password", person, {})
    return password


def initial_password() -> str:
    """A password that satisfies the policy and can be read out on the phone: no look-alike characters."""
    pick = secrets.choice
    letters, capitals, digits = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789"
    return (
        "".join(pick(group) for group in (capitals, letters, letters, letters))
        + "-"
        + "".join(pick(group) for group in (digits, digits, digits, letters, letters, digits, digits))
    )


def _set_password(session: Session, person: User, password: str) -> None:
    person.password = accounts.hash_password(password)
    account = accounts.ensure_account(session, person)
    account.epoch += 1
    account.failures, account.locked_until, account.must_change_password = 0, None, True
    account.totp_secret = None
