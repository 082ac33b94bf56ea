"""``flask jobs run | relay | work``."""

import signal
import threading
from types import FrameType

import click
from flask import Flask
from flask.cli import AppGroup

from app.core.jobs import queue
from app.core.jobs.runner import Dispatcher, run_due

AT_ONCE = 1000
WAYS = ("inprocess", "queue", "off")


def init_app(app: Flask) -> None:
    """Register the commands. Raises SystemExit with a sentence when it is not said who does the work."""
    if app.config["JOBS"] not in WAYS:
        raise SystemExit(f"JOBS={app.config['JOBS']!r} 不是有效的值，应为 {'、'.join(WAYS)}")
    if app.config["JOBS"] == "queue" and not app.config["REDIS_URL"]:
        raise SystemExit("JOBS=queue 需要设置 REDIS_URL")
    group = AppGroup("jobs", help="后台任务")

    @group.command("run", with_appcontext=False)
    @click.option("--once", is_flag=True, help="只执行当前到期的任务，完成后退出")
    def run(once: bool) -> None:
        """执行后台任务：直到按下 Ctrl-C，或以 --once 只执行到期的任务。"""
        if once:
            click.echo(f"已执行 {run_due(app, AT_ONCE)} 个任务")
            return
        _until_told(Dispatcher(app), "后台任务执行中，按 Ctrl-C 停止")

    @group.command("relay", with_appcontext=False)
    def relay() -> None:
        """启动定时任务，并把到期任务送入 Valkey/Redis 队列（JOBS=queue）；可在多个节点同时运行。"""
        _until_told(queue.Relay(app), "任务转发中，按 Ctrl-C 停止")

    @group.command("work", with_appcontext=False)
    def work() -> None:
        """执行队列中的任务（JOBS=queue）；可运行多个。"""
        queue.work(app)

    app.cli.add_command(group)


def _until_told(thread: Dispatcher | queue.Relay, said: str) -> None:
    """Let it work until Ctrl-C or SIGTERM, then end it in order."""
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    thread.start()
    click.echo(said)
    while thread.is_alive() and not told.wait(1):
        pass
    thread.stop()
