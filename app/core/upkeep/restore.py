"""Bringing a backup back: everything is checked before anything is written, and shown to be whole after."""

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import select

from app.core.db import db, reading
from app.core.media import MediaFile, content, storage
from app.core.upkeep import database, proof
from app.core.upkeep.archive import BackupError, Lock, Reader
from app.core.upkeep.backup import FORMAT, MANIFEST, PICTURES, key_marks
from app.core.upkeep.migration_state import known


def restore(path: Path, lock: Lock, dry: bool = False) -> list[str]:
    """Bring a backup back into an empty installation; returns what was checked, as sentences.

    ``dry`` only reads and checks the file. Raises BackupError; before anything was written unless it says otherwise.
    """
    with path.open("rb") as file:
        reader = Reader(file, lock)
        _fits(reader.header)
        if not dry:
            _refuse_a_used_target()
        with tempfile.TemporaryDirectory(dir=current_app.config["DATA_DIR"], prefix=".restoring-") as folder:
            manifest = _unpack(reader, Path(folder))
            files = f"备份文件 {len(manifest['files'])} 个，校验值全部一致"
            if dry:
                return [f"备份时间 {manifest['made_at']}，数据库版本 {manifest['revision']}", files]
            database.bring_back(Path(folder) / database.MEMBERS[manifest["database"]])
            for name in manifest["files"]:
                if name.startswith(PICTURES):
                    storage().put(name.removeprefix(PICTURES), (Path(folder) / name).read_bytes())
    return [files, *_prove(manifest)]


def _fits(header: Mapping[str, Any]) -> None:
    if header["format"] > FORMAT:
        raise BackupError("备份由更新版本的程序制作，请先升级程序")
    if header["database"] != database.kind():
        raise BackupError(f"备份来自 {header['database']}，而本机配置的是 {database.kind()}（DATABASE_URL）")
    mine, needed = key_marks(), header["keys"]
    wrong = [f"DATA_KEYS 中编号 {number}" for number, seen in needed["DATA_KEYS"].items()
             if mine["DATA_KEYS"].get(number) != seen]  # fmt: skip
    wrong += ["INDEX_KEY"] if mine["INDEX_KEY"] != needed["INDEX_KEY"] else []
    if wrong:
        raise BackupError(f"缺少备份时使用的密钥，或密钥不同：{'、'.join(wrong)}")
    if not known(header["revision"]):
        raise BackupError(f"备份的数据库版本 {header['revision']} 新于本程序，请先升级程序")


def _refuse_a_used_target() -> None:
    if database.tables_present():
        raise BackupError("目标数据库不是空的，恢复只写入空的数据库")
    if not storage().empty():
        raise BackupError("目标图片存储不是空的，恢复只写入空的存储")


def _unpack(reader: Reader, folder: Path) -> dict[str, Any]:
    """Write the members below ``folder``; each must be in the manifest with its checksum, and none be missing."""
    digests: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=reader, mode="r|") as tar:
            for member in tar:
                source = tar.extractfile(member)
                target = (folder / member.name).resolve()
                if source is None or not target.is_relative_to(folder.resolve()):
                    raise BackupError("备份文件已损坏")
                target.parent.mkdir(exist_ok=True)
                digest = hashlib.sha256()
                with target.open("wb") as file:
                    while piece := source.read(1024 * 1024):
                        digest.update(piece)
                        file.write(piece)
                digests[member.name] = digest.hexdigest()
        reader.finish()
        digests.pop(MANIFEST)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except (tarfile.TarError, KeyError, ValueError):
        raise BackupError("备份文件已损坏") from None
    except OSError as error:
        raise BackupError(f"无法展开备份：{error.strerror}") from None
    if digests != manifest["files"]:
        raise BackupError("备份内容与清单不一致")
    return manifest


def _prove(manifest: Mapping[str, Any]) -> list[str]:
    """Compare what stands there now with what the manifest says. Raises BackupError with every difference."""
    session = db.session()
    with reading():
        wrong = proof.differences(manifest["tables"], proof.counts(session), "表")
        session.rollback()
    try:
        upgrade()
    except CommandError as error:
        raise BackupError(f"数据已写入，但升级数据库失败：{error}") from None
    with reading():
        head = proof.audit_head(session)
        if head != manifest["audit"]:
            wrong.append(f"审计日志末条应为第 {manifest['audit']['seq']} 条，实为第 {head['seq']} 条")
        wrong += proof.differences(manifest["sums"], proof.sums(session, current_app.extensions["registry"]), "合计")
        wrong += proof.problems(session)
        pictures, broken = _pictures()
        session.rollback()
    wrong += broken
    if wrong:
        raise BackupError("数据已写入，但核对不一致：\n" + "\n".join(wrong))
    return [
        f"数据表 {len(manifest['tables'])} 张，共 {sum(manifest['tables'].values())} 行，逐表一致",
        f"审计日志 {head['seq']} 条，校验链完好",
        f"账目合计 {len(manifest['sums'])} 项一致，账实核对无差异",
        f"图片 {pictures} 张，内容校验一致",
    ]


def _pictures() -> tuple[int, list[str]]:
    """Open every picture with the keys of this installation and compare it with its row."""
    count, wrong = 0, []
    for file in db.session.scalars(select(MediaFile).order_by(MediaFile.id).execution_options(yield_per=200)):
        count += 1
        if hashlib.sha256(content(file)).hexdigest() != file.sha256:
            wrong.append(f"图片 {file.key} 内容与登记的校验值不符")
    return count, wrong
