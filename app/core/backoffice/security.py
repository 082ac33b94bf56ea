"""Flask-AppBuilder's security manager and builder, reduced to what this back office uses."""

from flask import flash, g, session
from flask_appbuilder import AppBuilder
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from app.core import rights
from app.core.backoffice.models import StaffAccount, StaffSession
from app.core.backoffice.sessions import alive, present_digest
from app.core.backoffice.signin import AccountView, SignInView
from app.core.db import db


class StaffSecurityManager(SecurityManager):
    """Loads staff with their roles in two queries and asks ``app.core.rights`` for every right."""

    def register_views(self) -> None:
        """Only our own sign-in and account pages; none of the framework's security screens."""
        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.appbuilder.add_view_no_menu(AccountView)

    def load_user(self, pk: str | int) -> User | None:
        """The signed-in person, or None when the session has died."""
        found = db.session.execute(
            select(User, StaffAccount, StaffSession)
            .outerjoin(StaffAccount, StaffAccount.user_id == User.id)
            .outerjoin(StaffSession, and_(StaffSession.user_id == User.id, StaffSession.digest == present_digest()))
            .where(User.id == int(pk))
            .options(joinedload(User.roles))
        )
        row = found.unique().one_or_none()
        if row is None or not row.User.active or not alive(row.StaffAccount, row.StaffSession):
            session.clear()
            flash(_("登录已失效，请重新登录"), "warning")
            return None
        g.staff_account = row.StaffAccount
        return row.User

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """The framework's own question, answered by the same set as ours."""
        return rights.can(view_name, permission_name.removeprefix("can_"))


class BackOffice(AppBuilder):
    """Flask-AppBuilder without the routes that nobody here needs (back, locale, menu API, Swagger)."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()
