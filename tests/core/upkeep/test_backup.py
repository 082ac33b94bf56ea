"""A backup brings everything back on an empty machine and proves it; anything less is refused (S2)."""

import json
import struct
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app.core.audit import AuditEntry
from app.core.db import db, reading
from app.core.media import MediaFile, by_key, content
from app.core.upkeep.archive import MAGIC
from app.modules.billing.models import Bill, Payment
from tests.conftest import PhoneOf, Store
from tests.core.upkeep.conftest import PAID, Command, Elsewhere
from tests.postgresql import both_databases

PASSPHRASE = "a long enough secret"


@pytest.fixture
def backup(lived_in: Flask, command: Command, tmp_path: Path) -> Path:
    """A backup of the installation."""
    done = command(lived_in, "backup", "--to", tmp_path / "backups")
    assert done.exit_code == 0, done.output
    return next((tmp_path / "backups").glob("wuye-*.wuyebak"))


@both_databases
@pytest.mark.req("S2")
def test_an_empty_machine_holds_everything_again(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere, phone: PhoneOf
) -> None:
    there = elsewhere(lived_in)
    done = command(there, "restore", backup)
    assert done.exit_code == 0, done.output
    for words in ("逐表一致", "校验链完好", "账实核对无差异", "图片 2 张，内容校验一致", "恢复完成"):
        assert words in done.output
    with there.app_context(), reading():
        assert db.session.scalar(select(func.sum(Payment.amount_fen))) == PAID
        assert sorted(db.session.scalars(select(Bill.state))) == ["paid", "part_paid"]
        pictures = [content(file) for file in db.session.scalars(select(MediaFile))]
        db.session.remove()
    assert all(picture.startswith(b"\xff\xd8") for picture in pictures)
    assert command(there, "audit", "verify").exit_code == 0
    assert command(there, "doctor").exit_code == 0, command(there, "doctor").output


@both_databases
def test_append_only_tables_stay_so_after_a_restore(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere
) -> None:
    there = elsewhere(lived_in)
    command(there, "restore", backup)
    with there.app_context():
        with pytest.raises(Exception, match="append-only"):
            db.session.execute(text("DELETE FROM audit_entry"))
        db.session.remove()


def test_only_an_empty_target_is_written_to(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere
) -> None:
    done = command(lived_in, "restore", backup)
    assert (done.exit_code, "目标数据库不是空的" in done.output) == (1, True)
    there = elsewhere(lived_in)
    there.extensions["storage"].put("a" * 32, b"somebody's")
    done = command(there, "restore", backup)
    assert (done.exit_code, "目标图片存储不是空的" in done.output) == (1, True)
    assert not (there.config["DATA_DIR"] / "app.db").exists()


def test_without_the_data_keys_nothing_is_written_and_the_missing_ones_are_named(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere
) -> None:
    other = "old1:" + lived_in.config["INDEX_KEY"]
    there = elsewhere(lived_in, DATA_KEYS=other)
    done = command(there, "restore", backup)
    assert done.exit_code == 1
    assert "DATA_KEYS 中编号 dev1" in done.output
    assert "INDEX_KEY" not in done.output
    assert not (there.config["DATA_DIR"] / "app.db").exists()


def test_the_file_names_the_keys_and_holds_neither_them_nor_a_name(lived_in: Flask, backup: Path) -> None:
    raw = backup.read_bytes()
    length = struct.unpack(">I", raw[len(MAGIC) : len(MAGIC) + 4])[0]
    header = json.loads(raw[len(MAGIC) + 4 : len(MAGIC) + 4 + length])
    assert set(header["keys"]["DATA_KEYS"]) == {"dev1"}
    assert oct(backup.stat().st_mode & 0o777) == "0o600"
    keys = (lived_in.config["DATA_KEYS"].split(":")[1], lived_in.config["INDEX_KEY"], lived_in.config["BACKUP_KEY"])
    for secret in (*keys, "客户", "SQLite format 3", "manifest.json"):
        assert secret.encode() not in raw


@pytest.mark.parametrize("damage", ["flip", "cut", "extend", "header", "other"])
def test_a_damaged_file_is_refused_before_anything_is_written(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere, damage: str
) -> None:
    raw = backup.read_bytes()
    middle = len(raw) // 2
    backup.write_bytes({
        "flip": raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :],
        "cut": raw[:-40],
        "extend": raw + b"more",
        "header": raw.replace(b'"format": 1', b'"format": 0', 1),
        "other": b"PK" + raw,
    }[damage])  # fmt: skip
    there = elsewhere(lived_in)
    for words in ((), ("--check",)):
        done = command(there, "restore", backup, *words)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        assert not (there.config["DATA_DIR"] / "app.db").exists()


def test_a_passphrase_takes_the_place_of_the_key(
    lived_in: Flask, command: Command, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    said = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    assert command(lived_in, "backup", "--to", tmp_path, "--passphrase", input=said).exit_code == 0
    path = next(tmp_path.glob("*.wuyebak"))
    there = elsewhere(lived_in, BACKUP_KEY="")
    assert "口令（--passphrase）" in command(elsewhere(lived_in), "restore", path).output
    assert "密钥或口令不对" in command(there, "restore", path, "--passphrase", input="quite another one\n").output
    assert "备份文件可用" in command(there, "restore", path, "--check", "--passphrase", input=said).output
    assert "恢复完成" in command(there, "restore", path, "--passphrase", input=said).output


def test_a_backup_needs_a_key_and_a_good_passphrase(lived_in: Flask, command: Command, tmp_path: Path) -> None:
    lived_in.config["BACKUP_KEY"] = ""
    assert "请设置 BACKUP_KEY" in command(lived_in, "backup", "--to", tmp_path).output
    done = command(lived_in, "backup", "--to", tmp_path, "--passphrase", input="short\nshort\n")
    assert "口令至少 12 个字符" in done.output
    lived_in.config["BACKUP_KEY"] = "not a key"
    assert "BACKUP_KEY 不是" in command(lived_in, "backup", "--to", tmp_path).output
    assert list(tmp_path.glob("wuye*")) == []


def test_old_backups_are_forgotten_when_asked(backup: Path, lived_in: Flask, command: Command) -> None:
    older = backup.with_name("wuye-20260101-000000.wuyebak")
    older.write_bytes(backup.read_bytes())
    assert command(lived_in, "backup", "--to", backup.parent, "--keep", "1").exit_code == 0
    assert older.name not in {path.name for path in backup.parent.iterdir()}
    assert len(list(backup.parent.iterdir())) == 1


def test_what_does_not_add_up_is_told_after_a_restore(
    lived_in: Flask, command: Command, elsewhere: Elsewhere, store: Store, tmp_path: Path
) -> None:
    with store() as session:
        session.execute(update(Bill).values(paid_fen=Bill.paid_fen - 1))
    assert command(lived_in, "backup", "--to", tmp_path).exit_code == 0
    done = command(elsewhere(lived_in), "restore", next(tmp_path.glob("*.wuyebak")))
    assert done.exit_code == 1
    assert "账单的应收、已收或减免与账目不符：2 笔" in done.output


def test_a_picture_that_the_storage_lost_stops_the_backup(
    lived_in: Flask, command: Command, store: Store, tmp_path: Path
) -> None:
    with store() as session:
        key = session.scalars(select(MediaFile.key)).first()
        assert by_key(session, key)
    lived_in.extensions["storage"].delete(key)
    done = command(lived_in, "backup", "--to", tmp_path)
    assert (done.exit_code, f"缺少图片 {key}" in done.output) == (1, True)
    assert list(tmp_path.glob("*.wuyebak")) == []


def test_the_trail_is_in_the_backup(
    lived_in: Flask, backup: Path, command: Command, elsewhere: Elsewhere, store: Store
) -> None:
    with store() as session:
        before = session.scalar(select(func.max(AuditEntry.seq)))
    there = elsewhere(lived_in)
    command(there, "restore", backup)
    with there.app_context(), reading():
        assert db.session.scalar(select(func.max(AuditEntry.seq))) == before
        db.session.remove()
