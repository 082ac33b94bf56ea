"""``flask gate``: play a gate, with and without network. ``flask pass-keys``: the keys that sign passes."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.core import clock
from app.core.db import db, reading, transaction
from app.modules.visits.models import AccessPass, Gate
from app.modules.visits.models.gates import DIRECTIONS
from app.modules.visits.models.passages import OUTCOMES
from app.modules.visits.operations import keys
from app.modules.visits.simulator import OfflineGate, SignedGate, Unreachable

UPLOADED = 500

gate_commands = AppGroup("gate", help="闸机：查看与模拟")
pass_commands = AppGroup("pass-keys", help="通行码签名密钥")

URL = click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="正在运行的系统")


@gate_commands.command("list")
def list_gates() -> None:
    """列出全部闸机。"""
    with reading():
        for gate in db.session.scalars(select(Gate).order_by(Gate.number).limit(1000)):
            click.echo(f"{gate.number}\t{DIRECTIONS[gate.direction]}\t{gate.place}")


def _gate(number: str, url: str) -> tuple[SignedGate, OfflineGate]:
    with reading():
        gate = db.session.scalar(select(Gate).where(Gate.number == number))
        if gate is None:
            raise click.ClickException(f"没有闸机 {number}，可用 flask gate list 查看")
        return SignedGate(url, number, gate.secret), OfflineGate(_file(number))


def _file(number: str) -> Path:
    folder: Path = current_app.config["DATA_DIR"] / "gates"
    folder.mkdir(exist_ok=True)
    return folder / f"{number}.json"


@gate_commands.command("simulate")
@click.argument("number")
@click.argument("codes", nargs=-1)
@click.option("--offline", is_flag=True, help="断网核验：用上次同步的公钥，结果先存在本地")
@URL
def simulate(number: str, codes: tuple[str, ...], offline: bool, url: str) -> None:
    """扮演闸机 NUMBER 扫码。CODES 为二维码内容、10 位数字码或通行码链接；不填则逐行输入。"""
    online, alone = _gate(number, url)
    for code in codes or iter(lambda: click.prompt("扫码", default="", show_default=False), ""):
        text = _read_shared(code)
        try:
            if offline:
                outcome = alone.scan(text, clock.local(clock.now()))
                click.echo(f"{'开门' if outcome == 'allowed' else '不开门'}  {OUTCOMES[outcome]}（离线）")
            else:
                answer = online.scan(text)
                click.echo(f"{'开门' if answer['allow'] else '不开门'}  {answer['text']}")
        except Unreachable as error:
            raise click.ClickException(f"系统没有应答：{error}") from None
        except LookupError:
            raise click.ClickException(f"请先在联网时执行 flask gate sync {number}") from None


def _read_shared(code: str) -> str:
    """What a camera would read on the page of a shared link; other texts as they are."""
    if "/p/" not in code:
        return code
    with reading():
        shared = keys.shared_code(code.rstrip("/").rpartition("/")[2])
        access = db.session.scalar(select(AccessPass).where(AccessPass.code == shared))
        if access is None:
            raise click.ClickException("链接不完整或不存在")
        return keys.Signer(db.session()).token(access)


@gate_commands.command("sync")
@click.argument("number")
@URL
def sync(number: str, url: str) -> None:
    """为断网核验取公钥和已失效的通行码。"""
    online, alone = _gate(number, url)
    taken = online.sync()
    alone.take(taken)
    click.echo(f"已同步：公钥 {len(taken['keys'])} 个，已失效的通行码 {len(taken['dead'])} 个")


@gate_commands.command("upload")
@click.argument("number")
@URL
def upload(number: str, url: str) -> None:
    """上传断网期间的扫码；冲突逐条显示。"""
    online, alone = _gate(number, url)
    total = 0
    while waiting := alone.state["pending"][:UPLOADED]:
        for result in online.upload(waiting):
            if result["conflict"]:
                click.echo(f"冲突 {result['serial']}：{OUTCOMES[result['conflict']]}")
        alone.told(len(waiting))
        total += len(waiting)
    click.echo(f"已上传 {total} 条")


@pass_commands.command("rotate")
@click.option("--at-once", is_flag=True, help="旧密钥立即停用：已发出的二维码全部失效")
def rotate(at_once: bool) -> None:
    """启用新的签名密钥。"""
    with transaction():
        number = keys.rotate(db.session(), at_once=at_once).number
    click.echo(f"已启用 {number} 号密钥")
