"""The text of a pass: says what it is good for, and nothing that was not signed is believed (V2)."""

import base64
import os
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.modules.visits import token

KEY = Ed25519PrivateKey.generate()
PRIVATE = KEY.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
MUTATIONS = int(os.environ.get("TOKEN_MUTATIONS", "5000"))
"""100,000 takes about a quarter of a minute."""


def claims(**values: object) -> token.Claims:
    start = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    return token.Claims(**{"key": 1, "code": "00112233445566ff", "group": 7, "starts_at": start, "minutes": 240,
                           "uses": 1, **values})  # type: ignore[arg-type]  # fmt: skip


@given(
    st.builds(
        token.Claims,
        key=st.integers(1, 255),
        code=st.binary(min_size=8, max_size=8).map(bytes.hex),
        group=st.integers(0, 2**16 - 1),
        starts_at=st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        minutes=st.integers(0, 2**16 - 1),
        uses=st.integers(0, 255),
    )
)
def test_what_is_written_is_read(said: token.Claims) -> None:
    text = token.write(said, PRIVATE)
    assert len(text) == token.LENGTH
    assert set(text) <= set(ALPHABET)
    assert token.read(text, {said.key: PUBLIC}) == said
    assert token.write(said, PRIVATE) == text, "the same pass is the same picture"


def test_it_ends_when_its_minutes_are_over() -> None:
    assert claims().ends_at == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert token.minutes_between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, 1, tzinfo=UTC)) == 2


@pytest.mark.req("V2")
def test_no_mutation_of_a_token_is_believed() -> None:
    genuine, rng = token.write(claims(), PRIVATE), Random(7)
    believed = []
    for _turn in range(MUTATIONS):
        text = list(genuine)
        for _change in range(rng.choice((1, 1, 1, 2, 5))):
            place, how = rng.randrange(len(text)), rng.randrange(4)
            if how == 0:
                text[place] = rng.choice(ALPHABET.replace(text[place], ""))
            elif how == 1:
                text[place] = text[place].lower() if text[place].isalpha() else "A"
            elif how == 2:
                text.insert(place, rng.choice(ALPHABET))
            else:
                del text[place]
        mutated = "".join(text)
        if mutated != genuine:
            try:
                token.read(mutated, {1: PUBLIC})
            except token.Forged:
                continue
            believed.append(mutated)
    assert believed == []
    assert token.read(genuine, {1: PUBLIC}) == claims()


def test_every_bit_of_it_counts() -> None:
    signed = base64.b32decode(token.write(claims(), PRIVATE) + "===")
    for bit in range(len(signed) * 8):
        changed = bytearray(signed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(token.Forged):
            token.read(base64.b32encode(bytes(changed)).decode().rstrip("="), {1: PUBLIC})


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(token.Forged):
        token.read(text, {1: PUBLIC})


def test_a_key_that_retired_or_another_one_does_not_vouch() -> None:
    genuine = token.write(claims(), PRIVATE)
    other = Ed25519PrivateKey.generate().public_key()
    raw = other.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    for keys in ({}, {2: PUBLIC}, {1: raw}):
        with pytest.raises(token.Forged):
            token.read(genuine, keys)


def test_the_longest_time_fits() -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert token.minutes_between(start, start + token.LONGEST) == 2**16 - 1
    assert timedelta(days=45) < token.LONGEST
