"""Back office: staff accounts, their roles and data scope."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app.core.backoffice.models import StaffAccount
from app.core.backoffice.pages import PageView, page
from app.core.db import db, transaction
from app.core.errors import Conflict, DomainError
from app.core.rights import SUPERADMIN, StaffScope
from app.modules.estate.models import Community
from app.modules.system import staff

PAGE_SIZE = 200


class StaffView(PageView):
    """管理员: who may sign in to the back office, with which roles, for which communities."""

    area = "staff"
    title = "管理员"
    icon = "fa-id-badge"
    route_base = "/system/staff"
    default_view = "index"

    @page("/")
    def index(self) -> str:
        q = request.args.get("q", "").strip()
        query = select(User).options(selectinload(User.roles)).order_by(User.username).limit(PAGE_SIZE + 1)
        if q:
            query = query.where(
                or_(User.username.contains(q, autoescape=True), User.first_name.contains(q, autoescape=True))
            )
        people = db.session.scalars(query).all()
        accounts = db.session.scalars(select(StaffAccount).where(StaffAccount.user_id.in_([p.id for p in people])))
        return render_template(
            "system/staff.html",
            view=self, people=people[:PAGE_SIZE], more=len(people) > PAGE_SIZE, q=q, superadmin=SUPERADMIN,
            accounts={account.user_id: account for account in accounts},
        )  # fmt: skip

    @page("/new", action="edit", methods=("GET", "POST"))
    def new(self) -> str | Response:
        return self._form(None)

    @page("/<int:user_id>", action="edit", methods=("GET", "POST"))
    def edit(self, user_id: int) -> str | Response:
        return self._form(staff.staff_by_id(db.session(), user_id))

    @page("/<int:user_id>/reset-password", action="edit", methods=("POST",))
    def reset_password(self, user_id: int) -> str:
        with transaction():
            person = staff.staff_by_id(db.session(), user_id)
            if person.id == current_user.id:
                raise Conflict(_("请在右上角“修改密码”中修改自己的密码"))
            password = staff.reset_password(db.session(), person)
            name, username = person.first_name, person.username
        return render_template(
            "system/initial_password.html", view=self, name=name, username=username, password=password
        )

    def _form(self, person: User | None) -> str | Response:
        session = db.session()
        values: dict[str, Any] = {
            "username": person.username if person else "",
            "name": person.first_name if person else "",
            "email": person.email if person else "",
            "active": person.active if person else True,
            "roles": {role.id for role in person.roles} if person else set(),
            "communities": set(
                session.scalars(select(StaffScope.community_id).where(StaffScope.user_id == person.id))
                if person
                else ()
            ),
        }
        errors: dict[str, str] = {}
        status = 200
        if request.method == "POST":
            values = {
                **{key: request.form.get(key, "") for key in ("username", "name", "email")},
                "active": "active" in request.form,
                **{key: set(request.form.getlist(key, type=int)) for key in ("roles", "communities")},
            }
            try:
                with transaction():
                    saved, password = staff.save_staff(session, person, **values)
                    name, username = saved.first_name, saved.username
                if password:
                    return render_template(
                        "system/initial_password.html", view=self, name=name, username=username, password=password
                    )
                flash(_("“%(name)s”已保存，下一次操作即生效", name=name), "success")
                return redirect(url_for("StaffView.index"))
            except DomainError as error:
                errors, status = error.by_field(), error.status
        body = render_template(
            "system/staff_form.html",
            view=self, employee=person, values=values, errors=errors,
            roles=session.scalars(select(Role).where(Role.name != staff.PUBLIC).order_by(Role.name).limit(500)).all(),
            communities=session.scalars(select(Community).order_by(Community.name).limit(500)).all(),
            superadmin=SUPERADMIN,
        )  # fmt: skip
        return Response(body, status, content_type="text/html; charset=utf-8")
