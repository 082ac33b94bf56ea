"""Back office: roles with their permission matrix (G8)."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app.core.backoffice.pages import PageView, page
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.core.module import APPROVE, STANDARD, VIEW, Action, Area, Module, registry
from app.modules.system import staff

COLUMNS = (VIEW, *(action for action in STANDARD[1:3]), APPROVE, *STANDARD[3:])
"""The actions that have a column of their own; further ones of an area stand in the last column."""


def matrix() -> list[tuple[Module, list[Area]]]:
    """The rows of the matrix by module."""
    rows = [(module, [area for area in module.areas if area.grantable]) for module in registry()]
    return [(module, areas) for module, areas in rows if areas]


def own_actions(area: Area) -> list[Action]:
    """The actions of an area that have no column of their own."""
    return [action for action in area.actions if action not in COLUMNS]


class RoleView(PageView):
    """角色与权限: a custom role is a name, ticks in the matrix, and people."""

    area = "staff"
    title = "角色与权限"
    icon = "fa-user-shield"
    route_base = "/system/roles"
    default_view = "index"

    @page("/")
    def index(self) -> str:
        roles = db.session.scalars(
            staff.custom_roles().options(selectinload(Role.permissions), selectinload(Role.user)).limit(500)
        ).all()
        return render_template(
            "system/roles.html", view=self, roles=roles, rights_of=staff.rights_of, areas=registry().areas
        )

    @page("/new", action="edit", methods=("GET", "POST"))
    def new(self) -> str | Response:
        return self._form(None)

    @page("/<int:role_id>", action="edit", methods=("GET", "POST"))
    def edit(self, role_id: int) -> str | Response:
        return self._form(staff.role_by_id(db.session(), role_id))

    @page("/<int:role_id>/delete", action="delete", methods=("POST",))
    def delete(self, role_id: int) -> Response:
        with transaction():
            role = staff.role_by_id(db.session(), role_id)
            name = role.name
            staff.remove_role(db.session(), role)
        flash(_("角色“%(name)s”已删除，其人员的相应权限立即失效", name=name), "success")
        return redirect(url_for("RoleView.index"))

    def _form(self, role: Role | None) -> str | Response:
        values: dict[str, Any] = {
            "name": role.name if role else "",
            "rights": staff.rights_of(role) if role else set(),
            "people": {person.id for person in role.user} if role else set(),
        }
        errors: dict[str, str] = {}
        status = 200
        if request.method == "POST":
            values = {
                "name": request.form.get("name", ""),
                "rights": {(area, action) for area, _dot, action in map(_split, request.form.getlist("right"))},
                "people": set(request.form.getlist("people", type=int)),
            }
            try:
                with transaction():
                    staff.save_role(db.session(), role, values["name"], values["rights"], values["people"])
                flash(_("角色“%(name)s”已保存，下一次操作即生效", name=values["name"].strip()), "success")
                return redirect(url_for("RoleView.index"))
            except DomainError as error:
                errors, status = error.by_field(), error.status
        people = db.session.scalars(select(User).where(User.active.is_(True)).order_by(User.username).limit(500)).all()
        body = render_template(
            "system/role_form.html",
            view=self, role=role, values=values, errors=errors, people=people,
            matrix=matrix(), columns=COLUMNS, own_actions=own_actions,
        )  # fmt: skip
        return Response(body, status, content_type="text/html; charset=utf-8")


def _split(text: str) -> tuple[str, str, str]:
    return text.partition(".")
