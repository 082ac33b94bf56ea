"""``flask doctor`` says in Chinese what is wrong, and by its exit code that something is (S2, S4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.core import clock
from app.core.jobs import put
from app.core.media import MediaFile
from app.modules.billing.models import Account, Bill
from tests.conftest import Store
from tests.core.upkeep.conftest import Command
from tests.postgresql import both_databases


@both_databases
def test_a_healthy_installation_passes(lived_in: Flask, command: Command) -> None:
    done = command(lived_in, "doctor")
    assert done.exit_code == 0, done.output
    assert "[异常]" not in done.output
    for what in ("数据库迁移", "时钟", "磁盘", "后台任务", "图片", "审计日志", "账目：核对无差异"):
        assert what in done.output


def _late_work(session: Any) -> None:
    put(session, "media.sweep", {}, run_at=clock.now() - timedelta(hours=1))


def _money_from_nowhere(session: Any) -> None:
    session.execute(update(Bill).values(paid_fen=Bill.paid_fen - 1))


def _prepaid_from_nowhere(session: Any) -> None:
    bill = session.scalars(select(Bill)).first()
    session.add(Account(community_id=bill.community_id, customer_id=bill.customer_id, prepaid_fen=7))


def _forged_trail(session: Any) -> None:
    session.execute(text("DROP TRIGGER audit_entry_no_update"))
    session.execute(text("UPDATE audit_entry SET actor_name = '别人' WHERE seq = 2"))


def _other_schema(session: Any) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0001'"))


def _no_schema(session: Any) -> None:
    session.execute(text("DROP TABLE alembic_version"))


def _swapped_picture(session: Any) -> None:
    session.execute(update(MediaFile).values(sha256="0" * 64))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_late_work, "1 个任务超过 5 分钟未执行"),
        (_money_from_nowhere, "账单的应收、已收或减免与账目不符：2 笔"),
        (_prepaid_from_nowhere, "预存款账目余额 0 分，明细合计 7 分"),
        (_forged_trail, "自第 2 条起校验链断裂"),
        (_other_schema, "请执行 flask db upgrade"),
        (_no_schema, "无法读取"),
        (_swapped_picture, "抽查最近 2 张：缺失 0，内容不符 2"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_fault_is_named_and_ends_in_code_1(
    lived_in: Flask, command: Command, store: Store, harm: Callable[[Any], None], said: str
) -> None:
    with store() as session:
        harm(session)
    done = command(lived_in, "doctor")
    assert done.exit_code == 1
    assert said in done.output


def test_a_clock_that_was_set_back_is_noticed(lived_in: Flask, command: Command) -> None:
    with clock.travel(timedelta(hours=-1)):
        done = command(lived_in, "doctor")
    assert (done.exit_code, "时钟曾被调整" in done.output) == (1, True)


def test_settings_that_should_not_go_into_service_are_named(
    lived_in: Flask, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PRODUCTION": True, "HOST": "0.0.0.0", "PUBLIC_URL": "http://wy", "RATE_LIMITS": "0"}.items():
        monkeypatch.setitem(lived_in.config, name, value)
    done = command(lived_in, "doctor", "--quick")
    for words in ("PUBLIC_URL 应为 https://", "PROXIES=0", "RATE_LIMITS 已关闭"):
        assert words in done.output
    assert "审计日志" not in done.output
