"""``flask backup``, ``flask restore`` and ``flask doctor``."""

from pathlib import Path

import click
from flask import Flask, current_app

from app.core.db import db
from app.core.upkeep import backup, doctor
from app.core.upkeep.archive import KEY, PASSPHRASE, BackupError, Lock
from app.core.upkeep.restore import restore


def init_app(app: Flask) -> None:
    """Register the commands."""
    for name, command in (("backup", make_backup), ("restore", restore_backup), ("doctor", examine)):
        app.cli.command(name)(command)


with_passphrase = click.option("--passphrase", is_flag=True, help="用口令加密（会提示输入），代替 BACKUP_KEY")


@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="存放目录；缺省为 BACKUP_DIR")
@click.option("--keep", type=click.IntRange(1), help="只保留最近几份，更早的删除")
@with_passphrase
def make_backup(to: Path | None, keep: int | None, passphrase: bool) -> None:
    """备份数据库和图片到一个加密文件；系统可以照常运行。"""
    folder = to or backup.folder_of_backups()
    try:
        path = backup.make(folder, _lock(passphrase, confirm=True))
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    finally:
        db.session.remove()
    click.echo(f"已备份到 {path}（{path.stat().st_size / 1024 / 1024:.1f} MB）")
    click.echo("恢复时需要同样的 DATA_KEYS 和 INDEX_KEY，它们不在备份中，请另行保管")
    for old in backup.forget(folder, keep) if keep else ():
        click.echo(f"已删除较早的备份 {old.name}")


@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="只检查备份文件能否解密、是否完整，不写入任何数据")
@with_passphrase
def restore_backup(path: Path, check: bool, passphrase: bool) -> None:
    """把备份恢复到空的数据库和空的图片存储，并核对账目、审计日志和图片。"""
    try:
        done = restore(path, _lock(passphrase, confirm=False), dry=check)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    finally:
        db.session.remove()
    for line in done:
        click.echo(line)
    click.echo("备份文件可用" if check else "恢复完成，可以启动系统")


@click.option("--quick", is_flag=True, help="不逐条核对审计日志和账目")
def examine(quick: bool) -> None:
    """体检：配置、数据库、时钟、磁盘、任务、证书、备份、审计日志、账目；有不合格项时退出码为 1。"""
    findings = doctor.examine(thorough=not quick)
    for finding in findings:
        click.echo(f"{doctor.SIGNS[finding.level]} {finding.what}：{finding.text}")
    worst = [finding for finding in findings if finding.level == doctor.BAD]
    click.echo(f"共检查 {len(findings)} 项，{len(worst)} 项不合格")
    if worst:
        raise SystemExit(1)


def _lock(passphrase: bool, confirm: bool) -> Lock:
    if passphrase:
        return Lock(
            PASSPHRASE, click.prompt("口令", hide_input=True, confirmation_prompt="再输一次" if confirm else False)
        )
    key = current_app.config["BACKUP_KEY"]
    if not key:
        raise BackupError("请设置 BACKUP_KEY（openssl rand -base64 32），或用 --passphrase 输入口令")
    return Lock(KEY, key)
