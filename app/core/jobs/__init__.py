"""Work outside the request: the outbox, its dispatcher and timed jobs.

A business transaction puts its rows and its work into the database together; the work is claimed with a
lease and done once. Nothing in a module knows in which process that happens.
"""

import click
from flask import Flask
from flask.cli import AppGroup

from app.core.jobs.outbox import Outside, Timed, put
from app.core.jobs.runner import Dispatcher, extend_lease, run_due

__all__ = ("Dispatcher", "Outside", "Timed", "extend_lease", "init_app", "put", "run_due")

AT_ONCE = 1000


def init_app(app: Flask) -> None:
    """Register ``flask jobs run``."""
    group = AppGroup("jobs", help="后台任务")

    @group.command("run", with_appcontext=False)
    @click.option("--once", is_flag=True, help="只执行当前到期的任务,完成后退出")
    def run(once: bool) -> None:
        """执行后台任务:直到按下 Ctrl-C,或以 --once 只执行到期的任务。"""
        if once:
            click.echo(f"已执行 {run_due(app, AT_ONCE)} 个任务")
            return
        dispatcher = Dispatcher(app)
        dispatcher.start()
        click.echo("后台任务执行中,按 Ctrl-C 停止")
        try:
            dispatcher.join()
        except KeyboardInterrupt:
            dispatcher.stop()

    app.cli.add_command(group)
