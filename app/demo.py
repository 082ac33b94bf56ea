"""The demonstration: a park with people in it, for everyone who tries the program out. Never in production."""

from graphlib import TopologicalSorter
from typing import NamedTuple

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from werkzeug.security import check_password_hash

from app.core.audit import SYSTEM, act_as
from app.core.backoffice import permissions
from app.core.db import db, reading, transaction
from app.core.module import Module, Registry, registry
from app.core.rights import SUPERADMIN
from app.modules.estate.models import Community
from app.modules.members.demo import DEMO_MEMBERS
from app.modules.system.demo import PASSWORD, STAFF


class Account(NamedTuple):
    """One way to sign in: ``where`` is the back office or the mini-program; ``secret`` a password or WeChat code."""

    where: str
    login: str
    secret: str
    role: str


def accounts() -> list[Account]:
    """Everyone of the demonstration who can sign in."""
    staff = [
        Account("后台", username, PASSWORD, "超级管理员" if role == SUPERADMIN else role)
        for username, _name, role in STAFF
    ]
    return staff + [Account("小程序", nickname, code, role) for code, nickname, role in DEMO_MEMBERS]


def seed(app: Flask) -> bool:
    """Fill an installation that has no community yet, in one transaction; returns whether it did.

    Does nothing when the demonstration is switched off or in production.
    """
    if app.config["PRODUCTION"] or not app.config["DEMO"]:
        return False
    with app.app_context():
        permissions.sync()
        act_as(SYSTEM)
        session = db.session()
        with transaction():
            session.execute(select(Role.id).where(Role.name == SUPERADMIN).with_for_update())  # one seeder at a time
            if session.scalar(select(Community.id).limit(1)) is not None:
                return False
            for module in _in_order(registry()):
                if module.demo:
                    module.demo(session)
        return True


def _in_order(modules: Registry) -> list[Module]:
    by_key = {module.key: module for module in modules}
    order = TopologicalSorter({module.key: module.demo_after for module in modules}).static_order()
    return [by_key[key] for key in order]


def refuse_accounts(app: Flask) -> None:
    """Raise SystemExit in production when somebody could sign in with the demonstration's password."""
    if not app.config["PRODUCTION"]:
        return
    with app.app_context(), reading():
        names = [username for username, _name, _role in STAFF]
        for person in db.session.scalars(select(User).where(User.username.in_(names), User.active.is_(True))):
            if check_password_hash(person.password or "", PASSWORD):
                raise SystemExit(f"生产环境中存在演示账号“{person.username}”，请先修改其密码或停用该账号")


def init_app(app: Flask) -> None:
    """Register ``flask demo seed``."""
    group = AppGroup("demo", help="The demonstration data.")

    @group.command("seed")
    def seed_command() -> None:
        """Fill an empty installation with the demonstration park and its accounts."""
        if not seed(current_app._get_current_object()):
            raise click.ClickException("未写入：已有园区数据，或演示数据未开启（DEMO），或为生产环境")
        for account in accounts():
            click.echo(f"{account.where}\t{account.login}\t{account.secret}\t{account.role}")

    app.cli.add_command(group)
