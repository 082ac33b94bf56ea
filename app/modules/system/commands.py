"""What this module hooks into the application, and the operator's command for the first sign-in."""

import click
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.core.api import set_menu_gate
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.core.rights import SUPERADMIN
from app.modules.system import operations, staff


def start(app: Flask) -> None:
    """Tell the API which menu modules are open, and register the command."""
    set_menu_gate(app, operations.is_open)
    app.cli.command("create-superadmin")(create_superadmin)


@click.argument("username")
@click.argument("name")
@click.argument("email")
def create_superadmin(username: str, name: str, email: str) -> None:
    """创建超级管理员并显示初始密码（首次登录须修改）。"""
    try:
        with transaction():
            session = db.session()
            role = session.scalars(select(Role.id).where(Role.name == SUPERADMIN)).one()
            _person, password = staff.save_staff(
                session, None, username=username, name=name, email=email, active=True, roles=[role], communities=[]
            )
    except DomainError as error:
        raise click.ClickException("；".join(error.by_field().values())) from None
    click.echo(f"登录名：{username}\n初始密码：{password}（首次登录须修改）")
