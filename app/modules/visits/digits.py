"""The ten digits for readers with a keypad, and for who cannot show a code: good for a few minutes.

Nothing is stored: the digits are the pass's number under a permutation that a key and the five minutes make, so a
guess hits only if it happens to be the number of a pass that is good now, and yesterday's digits lead nowhere.
"""

import hmac
from datetime import datetime

from app.core import clock
from app.core.privacy import keyring

SLOT = 300
"""Seconds. Digits are good in their own slot and the next: five to ten minutes."""
DIGITS = 10
HALF = 10**5
ROUNDS = 8
SPACE = 10**7
"""Numbers of passes repeat from here on; the other three digits are zeros, which a guess has to hit as well."""
CHECK = 1000


def of(pass_id: int, at: datetime) -> str:
    """The digits of a pass at this moment."""
    left, right = divmod(pass_id % SPACE * CHECK, HALF)
    for turn in range(ROUNDS):
        left, right = right, (left + _mix(right, turn, _slot(at))) % HALF
    return f"{left:05d}{right:05d}"


def ends_at(at: datetime) -> datetime:
    """Until when the digits of this moment are good."""
    return datetime.fromtimestamp((_slot(at) + 2) * SLOT, clock.SHANGHAI)


def read(text: str, at: datetime) -> list[int]:
    """The numbers modulo ``SPACE`` of the passes that the digits may mean now: of this slot and of the one before."""
    found = []
    for slot in (_slot(at), _slot(at) - 1):
        left, right = int(text[:5]), int(text[5:])
        for turn in reversed(range(ROUNDS)):
            left, right = (right - _mix(left, turn, slot)) % HALF, left
        number, rest = divmod(left * HALF + right, CHECK)
        if rest == 0:
            found.append(number)
    return found


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // SLOT


def _mix(half: int, turn: int, slot: int) -> int:
    text = f"pass digits {slot} {turn} {half}".encode()
    return int.from_bytes(hmac.digest(keyring().index_key, text, "sha256")[:8])
