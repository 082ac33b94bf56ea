"""Rate limits per caller and address: counted in Valkey/Redis for all nodes, or in this process without one.

While Valkey is away each process counts for itself: limits are then looser, and nobody is refused for it.
"""

import time
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.errors import TooManyRequests
from app.core.logs import log

ANONYMOUS = "300/minute"
SIGNED_IN = "600/minute"
MACHINE = "12000/minute"
"""A gate or finance system: 200 calls a second."""

IMPATIENT = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
"""A request does not wait for a Valkey that does not answer."""

_items: dict[str, RateLimitItem] = {}


def limiter() -> MovingWindowRateLimiter:
    """The application's limiter."""
    found: MovingWindowRateLimiter | None = current_app.extensions.get("rate_limiter")
    if found is None:
        address = current_app.config["REDIS_URL"]
        options: dict[str, Any] = {"wrap_exceptions": True, **IMPATIENT}
        store = RedisStorage(address, **options) if address else MemoryStorage()
        found = current_app.extensions["rate_limiter"] = MovingWindowRateLimiter(store)
    return found


def _own_limiter() -> MovingWindowRateLimiter:
    """This process's own, for the time that Valkey is away."""
    return current_app.extensions.setdefault("own_rate_limiter", MovingWindowRateLimiter(MemoryStorage()))


def spend(limit: str, *who: str) -> None:
    """Count one use of ``limit`` (such as ``20/day``) by ``who``. Raises TooManyRequests when it is used up."""
    if current_app.config["RATE_LIMITS"] != "1":
        return
    item = _items.get(limit) or _items.setdefault(limit, parse(limit))
    try:
        _count(limiter(), item, who)
    except StorageError as error:
        log.warning("rate limits counted locally", error=type(error.storage_error).__name__)
        _count(_own_limiter(), item, who)


def _count(counter: MovingWindowRateLimiter, item: RateLimitItem, who: tuple[str, ...]) -> None:
    if not counter.hit(item, *who):
        wait = max(1, round(counter.get_window_stats(item, *who).reset_time - time.time()))  # the limiter's own clock
        raise TooManyRequests(_("操作过于频繁,请在 %(n)s 秒后再试", n=wait), retry_after=wait)


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"
