"""The staff of the demonstration: the superadmin and one person for each kind of custom role."""

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.backoffice import accounts
from app.core.module import registry
from app.core.rights import SUPERADMIN
from app.modules.system import staff

PASSWORD = "Demo-2026!"  # noqa: S105 (printed at start; production refuses it)
CERTIFIER, CASHIER, PROPERTY = "认证审核员", "收费员", "物业主管"

STAFF = (
    ("admin", "何经理", SUPERADMIN),
    ("certifier", "苏敏", CERTIFIER),
    ("cashier", "罗晓琴", CASHIER),
    ("property", "邓志强", PROPERTY),
)
"""(login name, name, role)."""


def fill(session: Session) -> None:
    """Add the roles and the people in them, who may sign in with ``PASSWORD`` at once."""
    roles = {name: staff.save_role(session, None, name, rights) for name, rights in rights_by_role().items()}
    roles[SUPERADMIN] = session.scalars(select(Role).where(Role.name == SUPERADMIN)).one()
    for username, name, role in STAFF:
        person = User(
            username=username,
            first_name=name,
            last_name="",
            email=f"{username}@example.com",
            active=True,
            password=accounts.hash_password(PASSWORD),
            roles=[roles[role]],
        )
        session.add(person)
        session.flush()
        accounts.ensure_account(session, person)


def rights_by_role() -> dict[str, set[staff.Right]]:
    """What the demonstration's roles may, from what the modules declare."""
    areas = {module.key: {area.key for area in module.areas} for module in registry()}
    grantable = staff.grantable()
    return {
        CERTIFIER: {right for right in grantable if right[0] == "certification"},
        CASHIER: {right for right in grantable if right[0] in areas["billing"]},
        PROPERTY: {right for right in grantable if right[0] not in areas["system"]},
    }
