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

AWAY_SECONDS = 5.0
"""So long a process asks a Valkey no more that did not answer."""

_items: dict[str, RateLimitItem] = {}


class Limiter:
    """Counts in Valkey for all nodes; while that is away, or where there is none, for this process."""

    def __init__(self, redis_url: str) -> None:
        options: dict[str, Any] = {"wrap_exceptions": True, **IMPATIENT}
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(RedisStorage(redis_url, **options)) if redis_url else self._own
        self._away_until = 0.0

    def count(self, item: RateLimitItem, who: tuple[str, ...]) -> None:
        """Count one use. Raises TooManyRequests when there was none left."""
        if time.monotonic() >= self._away_until:
            try:
                _count(self._shared, item, who)
                return
            except StorageError as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("rate limits counted locally", error=type(error.storage_error).__name__)
        _count(self._own, item, who)


def spend(limit: str, *who: str) -> None:
    """Count one use of ``limit`` (such as ``20/day``) by ``who``. Raises TooManyRequests when it is used up."""
    if current_app.config["RATE_LIMITS"] != "1":
        return
    limiter: Limiter | None = current_app.extensions.get("rate_limiter")
    if limiter is None:
        limiter = current_app.extensions["rate_limiter"] = Limiter(current_app.config["REDIS_URL"])
    limiter.count(_items.get(limit) or _items.setdefault(limit, parse(limit)), who)


def _count(counter: MovingWindowRateLimiter, item: RateLimitItem, who: tuple[str, ...]) -> None:
    if not counter.hit(item, *who):
        wait = max(1, round(counter.get_window_stats(item, *who).reset_time - time.time()))  # the limiter's own clock
        raise TooManyRequests(_("操作过于频繁，请在 %(n)s 秒后再试", n=wait), retry_after=wait)


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"
