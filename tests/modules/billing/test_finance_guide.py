"""The guide for finance systems does what it says: its programme is run, its example checked."""

import hashlib
import hmac
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.modules.billing.api.finance import EntriesIn, ReceivableOut
from app.modules.billing.finance_sheets import ENTRIES
from app.modules.billing.models import Bill
from app.modules.billing.operations import finance
from tests.conftest import Store
from tests.modules.billing.factories import make_bill, make_household

GUIDE = (Path(__file__).parents[3] / "docs" / "integration" / "finance.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)[0]


@pytest.mark.req("B5", "S3")
def test_the_programme_of_the_guide_reports_money_and_pulls_what_is_receivable(address: str, store: Store) -> None:
    with store() as session:
        key = finance.make_key(session, "金蝶", None)
        customer, unit, _member = make_household(session, name="百味餐饮店")
        paid, owed = make_bill(session, customer, unit, 24_220), make_bill(session, customer, unit, 900)
        number, other = paid.number, owed.number
        settings = {
            "PLATFORM_URL": address, "FINANCE_KEY_ID": key.key_id, "FINANCE_SECRET": key.secret, "ENTRY_NO": "F1",
            "ENTRY_BILL": number, "ENTRY_FEN": "24220", "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip
    run = [sys.executable, "-c", block("python")]
    first, second = (
        subprocess.run(run, env=os.environ | settings, capture_output=True, text=True, check=True, timeout=60)
        for _time in range(2)
    )
    assert first.stdout.splitlines()[0].strip() == "F1 booked"
    assert second.stdout.splitlines()[0].strip() == "F1 duplicate"
    assert f"{number} 百味餐饮店 0 paid" in first.stdout
    assert f"{other} 百味餐饮店 900 unpaid" in first.stdout
    with store() as session:
        assert session.scalars(select(Bill.paid_fen).where(Bill.number == number)).one() == 24_220


def test_the_example_of_a_signature_can_be_checked_by_hand() -> None:
    line = GUIDE[GUIDE.index("核对用的例子") :].split("\n\n")[0]
    secret, call, when, nonce, body, signature = re.findall(r"`([^`]+)`", line)
    method, path = call.split(" ")
    text = f"{method}\n{path}\n{when}\n{nonce}\n{body}"
    assert hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() == signature


def test_the_guide_names_what_there_is() -> None:
    entries = msgspec.json.decode(block("json"), type=EntriesIn).entries
    assert entries[0].amount_fen == 24_220
    for name in ("bill_no", "outstanding_fen", "state"):
        assert name in {field.name for field in msgspec.structs.fields(ReceivableOut)}
    for column in ENTRIES.columns:
        assert column.title in GUIDE
    for outcome in ("booked", "duplicate", "rejected"):
        assert f"`{outcome}`" in GUIDE
