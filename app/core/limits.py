"""Rate limits per caller and address, in this process or in Redis by configuration of the storage."""

import time

from flask import current_app, request
from flask_babel import gettext as _
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.errors import TooManyRequests

ANONYMOUS = "300/minute"
SIGNED_IN = "600/minute"
MACHINE = "12000/minute"
"""A gate or finance system: 200 calls a second."""

_items: dict[str, RateLimitItem] = {}


def limiter() -> MovingWindowRateLimiter:
    """The application's limiter."""
    found: MovingWindowRateLimiter | None = current_app.extensions.get("rate_limiter")
    if found is None:
        found = current_app.extensions["rate_limiter"] = MovingWindowRateLimiter(MemoryStorage())
    return found


def spend(limit: str, *who: str) -> None:
    """Count one use of ``limit`` (such as ``20/day``) by ``who``. Raises TooManyRequests when it is used up."""
    if current_app.config["RATE_LIMITS"] != "1":
        return
    item = _items.get(limit) or _items.setdefault(limit, parse(limit))
    if not limiter().hit(item, *who):
        wait = max(1, round(limiter().get_window_stats(item, *who).reset_time - time.time()))  # the limiter's own clock
        raise TooManyRequests(_("操作过于频繁,请在 %(n)s 秒后再试", n=wait), retry_after=wait)


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"
