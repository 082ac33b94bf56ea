"""The function menu of the mini-program: rows follow the declarations, staff change them (G7)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.module import registry
from app.modules.system.models import MenuModule


def complete_menu(session: Session) -> int:
    """Add the declared menu modules that have no row yet; those that staff changed stay. Returns how many came."""
    known = set(session.scalars(select(MenuModule.key)))
    missing = [entry for entry in registry().menu.values() if entry.key not in known]
    for position, entry in enumerate(missing, start=len(known) + 1):
        session.add(
            MenuModule(
                key=entry.key, name=entry.name, icon=entry.icon, page=entry.page, roles=list(entry.roles),
                position=position * 10, enabled=True,
            )
        )  # fmt: skip
    session.flush()
    return len(missing)


def open_menu(session: Session, role: str) -> Sequence[MenuModule]:
    """The menu that a role sees, in order."""
    rows = session.scalars(
        select(MenuModule).where(MenuModule.enabled.is_(True)).order_by(MenuModule.position, MenuModule.id).limit(100)
    )
    return [row for row in rows if role in row.roles and row.key in registry().menu]


def is_open(session: Session, key: str, role: str) -> bool:
    """Whether a menu module is switched on for a role; one without a row is as declared: on."""
    row = session.execute(select(MenuModule.enabled, MenuModule.roles).where(MenuModule.key == key)).one_or_none()
    if row is None:
        return role in registry().menu[key].roles
    return bool(row.enabled) and role in row.roles
