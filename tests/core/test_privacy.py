"""Personal data at rest: sealed, found again by equality, masked, and nowhere in clear (PIPL art. 51)."""

import base64
import secrets
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.jobs import put, run_due
from app.core.privacy import Keyring, keyring, mask_all, mask_id, mask_name, mask_phone
from app.modules.members.models import Certification, Customer, Member
from tests.conftest import Store
from tests.factories import make_community, make_customer, make_member
from tests.postgresql import both_databases

PHONE, ID_NUMBER, CREDIT_CODE = "13987650123", "440106199003072813", "91440101MA5CANARY9"


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_personal_data(store: Store) -> None:
    with store() as session:
        customer = make_customer(session, phone=PHONE, id_number=ID_NUMBER, credit_code=CREDIT_CODE)
        member = make_member(session, customer, phone=PHONE)
        session.add(
            Certification(
                member_id=member.id,
                community_id=make_community(session).id,
                kind="tenant",
                name="李明",
                phone=PHONE,
                id_number=ID_NUMBER,
                credit_code=CREDIT_CODE,
            )
        )
        session.commit()
        customer.phone = PHONE.replace("139", "137")
        session.commit()
        customer.phone = PHONE


@both_databases
def test_sealed_columns_are_ciphertext_in_the_database_and_text_in_the_program(app: Flask, store: Store) -> None:
    write_personal_data(store)
    with store() as session:
        stored = session.execute(text("SELECT phone, id_number FROM customer")).one()
        assert PHONE not in stored.phone
        assert ID_NUMBER not in stored.id_number
        customer = session.scalars(select(Customer)).one()
        assert (customer.phone, customer.id_number, customer.credit_code) == (PHONE, ID_NUMBER, CREDIT_CODE)


@both_databases
def test_a_sealed_value_is_found_by_its_blind_index_and_tail(app: Flask, store: Store) -> None:
    write_personal_data(store)
    with store() as session:
        digest = keyring().digest(ID_NUMBER)
        assert session.scalar(select(func.count()).where(Customer.id_number_index == digest)) == 1
        assert session.scalar(select(func.count()).where(Member.phone_tail == PHONE[-4:])) == 1


def test_the_database_files_and_the_audit_trail_hold_no_personal_number(app: Flask, store: Store) -> None:
    write_personal_data(store)
    with store() as session:
        put(session, "of-no-kind", {"id": 1})
    run_due(app)
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        files = [path for path in Path(app.config["DATA_DIR"]).glob("app.db*") if path.is_file()]
        if not files or db.engine.dialect.name != "sqlite":
            pytest.skip("looks into the files of SQLite")
        content = b"".join(path.read_bytes() for path in files)
    assert len(content) > 100_000
    for number in (PHONE, PHONE.replace("139", "137"), ID_NUMBER, CREDIT_CODE):
        assert number.encode() not in content


@both_databases
def test_an_error_of_the_database_tells_no_personal_data(app: Flask, store: Store) -> None:
    with store() as session:
        make_customer(session, id_number=ID_NUMBER)
        with pytest.raises(IntegrityError) as refused:
            make_customer(session, id_number=ID_NUMBER, name="欧阳明华", phone=PHONE)
        session.rollback()
    for personal in (ID_NUMBER, "欧阳明华", PHONE):
        assert personal not in str(refused.value)


def test_old_keys_still_open_what_they_sealed_and_the_first_seals_anew() -> None:
    first, second, index = key(), key(), key()
    old = Keyring.parse(f"k1:{first}", index)
    rotated = Keyring.parse(f"k2:{second},k1:{first}", index)
    sealed = old.seal(PHONE)
    assert rotated.unseal(sealed) == PHONE
    assert rotated.seal(PHONE).startswith("k2.")
    assert rotated.digest(PHONE) == old.digest(PHONE)
    assert rotated.unseal_bytes(old.seal_bytes(b"\x00.\xff")) == b"\x00.\xff"


def test_equal_texts_are_sealed_differently_and_changed_ones_do_not_open() -> None:
    ring = Keyring.parse(f"k1:{key()}", key())
    sealed = ring.seal(PHONE)
    assert sealed != ring.seal(PHONE)
    name, _dot, encoded = sealed.partition(".")
    content = bytearray(base64.b64decode(encoded))
    content[-1] ^= 1
    with pytest.raises(InvalidTag):
        ring.unseal(f"{name}.{base64.b64encode(content).decode()}")


@pytest.mark.parametrize(
    "keys", ["k1:", f"k1:{base64.b64encode(b'short').decode()}", f"k 1:{base64.b64encode(bytes(32)).decode()}"]
)
def test_a_weak_or_malformed_key_stops_the_start(keys: str) -> None:
    with pytest.raises(ValueError):
        Keyring.parse(keys, key())


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (mask_phone("13812345678"), "138****5678"),
        (mask_phone("12345"), "*****"),
        (mask_id("440106199003071234"), "440***********1234"),
        (mask_id("1234567"), "*******"),
        (mask_name("王伟"), "王*"),
        (mask_name("欧阳明华"), "欧**华"),
        (mask_name("李"), "李*"),
        (mask_name(""), ""),
        (mask_all("JBSWY3DPEHPK3PXP"), "******"),
    ],
)
def test_masks_show_what_is_agreed(masked: str, shown: str) -> None:
    assert masked == shown
