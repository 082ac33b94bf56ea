"""``python run.py``: prepare the installation and serve it, in one command.

The master process migrates, synchronises rights and seeds the demonstration; workers are forked from it with no
database connection open, and each runs a dispatcher for the background work.
"""

import errno
import fcntl
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from flask_migrate import upgrade
from gunicorn.app.base import BaseApplication

from app import demo
from app.core import metrics
from app.core.backoffice import permissions
from app.core.db import db
from app.core.jobs import Dispatcher
from app.core.migrating import alone
from app.core.upkeep import migration_state

PREPARING = 0x7A68776A
"""The number of the PostgreSQL advisory lock under which an installation is prepared."""
REQUEST_SECONDS = 60
GRACE_SECONDS = 30
KEEP_ALIVE_SECONDS = 75
"""A quiet connection is closed after so long. Whoever asks at the moment of its closing gets no answer, and with
gunicorn's own two seconds that happens to somebody every few minutes of a busy day."""
SWITCH_SECONDS = 0.0005
"""A request that comes back from the database waits at most so long for a thread that computes; Python's own five
milliseconds would count at every statement."""


def serve(app: Flask) -> None:
    """Prepare and serve until told to stop. Raises SystemExit with a sentence when that is impossible."""
    _refuse_a_taken_port(app.config["HOST"], app.config["PORT"])
    prepare(app)
    Server(app).run()


def prepare(app: Flask) -> None:
    """Bring the database to this version of the program; safe when several machines start at once.

    A database that a newer version has extended stays as it is: while nodes are upgraded one by one, or when the
    newer version is taken back, this one goes on.
    """
    with _alone(app):
        with app.app_context():
            if migration_state.is_ahead():
                click.echo("数据库已由更新的版本升级，本版本照常运行")
            elif migration_state.present() != migration_state.head():
                upgrade()
            permissions.sync()
            db.session.remove()  # it has read, and reading holds a transaction
        demo.seed(app)
    demo.refuse_accounts(app)
    metrics.empty(app)
    with app.app_context():
        db.engine.dispose()


@contextmanager
def _alone(app: Flask) -> Iterator[None]:
    """Nobody else prepares this installation meanwhile; the others wait."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "postgresql":
        with alone(engine, PREPARING):
            yield
        return
    with (app.config["DATA_DIR"] / "preparing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_a_taken_port(host: str, port: int) -> None:
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"端口 {port} 已被其他程序占用，请先停止它，或换一个端口：PORT={port + 1} make run",
                errno.EACCES: f"没有使用端口 {port} 的权限，请换一个 1024 以上的端口：PORT=8080 make run",
                errno.EADDRNOTAVAIL: f"本机没有地址 {host}，请检查 HOST 设置",
            }
            raise SystemExit(reasons.get(error.errno or 0, f"无法监听 {host}:{port}：{error.strerror}")) from None


class Server(BaseApplication):
    """gunicorn with the application's settings."""

    def __init__(self, app: Flask) -> None:
        self.application = app
        super().__init__()

    def load_config(self) -> None:
        """Take the settings; called by gunicorn."""
        config = self.application.config
        for name, value in {
            "bind": f"[{config['HOST']}]:{config['PORT']}"
            if ":" in config["HOST"]
            else f"{config['HOST']}:{config['PORT']}",
            "worker_class": "gthread",
            "workers": config["WEB_WORKERS"],
            "threads": config["WEB_THREADS"],
            "timeout": REQUEST_SECONDS,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "limit_request_line": 8190,  # a saved filter stands in the address
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "wuye",
            "when_ready": self._announce,
            "post_worker_init": self._start_work,
            "worker_exit": self._stop_dispatcher,
            "child_exit": self._forget_process,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; called by gunicorn in each worker."""
        return self.application

    def _announce(self, _arbiter: Any) -> None:
        config = self.application.config
        host = "127.0.0.1" if config["HOST"] in ("0.0.0.0", "::") else config["HOST"]  # noqa: S104
        address = config["PUBLIC_URL"] or f"http://{host}:{config['PORT']}"
        click.echo(f"智慧社区智慧物业综合管理平台已启动：{address}/（接口文档 {address}/api/v1/docs），按 Ctrl-C 停止")
        if config["DEMO"]:
            click.echo("演示账号：")
            for account in demo.accounts():
                click.echo(f"  {account.where}  {account.login}  {account.secret}  {account.role}")

    def _start_work(self, worker: Any) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        if self.application.config["JOBS"] == "inprocess":
            worker.dispatcher = Dispatcher(self.application)
            worker.dispatcher.start()

    def _stop_dispatcher(self, _arbiter: Any, worker: Any) -> None:
        dispatcher: Dispatcher | None = getattr(worker, "dispatcher", None)
        if dispatcher is not None:
            dispatcher.stop()

    def _forget_process(self, _arbiter: Any, worker: Any) -> None:
        metrics.process_ended(self.application, worker.pid)
