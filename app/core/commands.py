"""Commands of the operator: ``flask --app run <name>``."""

import click
from flask import Flask
from flask.cli import AppGroup

from app.core import audit
from app.core.db import db, reading

BROKEN = 1


def init_app(app: Flask) -> None:
    """Register ``flask audit verify``."""
    group = AppGroup("audit", help="审计日志")
    group.command("verify")(verify_audit)
    app.cli.add_command(group)


def verify_audit() -> None:
    """核对审计日志的校验链：条数、第一处断裂；断裂时退出码为 1。"""
    with reading():
        count, broken = audit.verify(db.session())
    if broken is not None:
        click.echo(f"审计日志共 {count} 条完好，自第 {broken} 条起校验链断裂：记录曾被修改、删除或插入", err=True)
        raise SystemExit(BROKEN)
    click.echo(f"审计日志完好，共 {count} 条")
