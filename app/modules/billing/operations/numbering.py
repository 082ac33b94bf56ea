"""Numbers of bills, payments and receipts, from series that are raised in the transaction that uses the number."""

import secrets
from datetime import date

from sqlalchemy.orm import Session

from app.core.db import conflict_insert
from app.modules.billing.models import Counter


def following(session: Session, key: str) -> int:
    """The next number of a series, from 1, without gaps: a transaction that is rolled back gives its number back.

    Others that want a number of the same series wait until this transaction ends.
    """
    insert = conflict_insert(session, Counter).values(key=key, value=1)
    statement = insert.on_conflict_do_update(index_elements=["key"], set_={"value": Counter.value + 1})
    return int(session.execute(statement.returning(Counter.value)).scalar_one())


def one_off_bill(session: Session, period: str) -> str:
    """The number of a bill that no run made: B202611-X12."""
    return f"B{period.replace('-', '')}-X{following(session, f'bill:{period}')}"


def drawn(prefix: str, day: date) -> str:
    """A number that need not follow the one before, so nobody waits for it: P20261123 and 12 random digits."""
    return f"{prefix}{day:%Y%m%d}{secrets.randbelow(10**12):012d}"


def receipt(session: Session, community_code: str, day: date) -> str:
    """The next receipt number of a community and year: SJ-YH-2026-000123."""
    return f"SJ-{community_code}-{day.year}-{following(session, f'receipt:{community_code}:{day.year}'):06d}"
