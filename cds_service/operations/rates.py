"""How often a client may call. The limit protects the service for everyone else; it is generous or it does harm.

Each worker counts for itself, so that no call waits for a shared counter: a client with several connections may reach
the limit times the number of workers before it is refused.
"""

import time
from functools import cached_property
from math import ceil

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from cds_service.clients import Caller
from cds_service.errors import TooManyCalls

OFF = "off"


def read_rate(text: str) -> RateLimitItem | None:
    """``6000/minute``, ``100 per second``; ``off`` for none.

    Raises:
        ValueError: the text says no rate.
    """
    return None if text == OFF else parse(text)


class Rates:
    """Counts the calls of each client. ``rate``, as `read_rate` reads it, is for those with which none was agreed."""

    def __init__(self, rate: str) -> None:
        self._rate = read_rate(rate)

    def admit(self, caller: Caller, address: str | None) -> None:
        """Count one call.

        Args:
            caller: who is known to be calling; a caller without proof of identity is counted by its address.
            address: of the connection.

        Raises:
            TooManyCalls: the client has used up its share; it says when to try again.
        """
        agreed = caller.client.rate_limit
        rate = RateLimitItemPerMinute(agreed) if agreed is not None else self._rate
        if rate is None:
            return
        key = caller.key if caller.client.issuer is not None else f"address {address}"
        if not self._limiter.hit(rate, key):
            reset = self._limiter.get_window_stats(rate, key).reset_time
            raise TooManyCalls(max(1, ceil(reset - time.time())))

    @cached_property
    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        """Made at the first call: its storage runs a thread, which must belong to the worker and not to its parent."""
        return SlidingWindowCounterRateLimiter(MemoryStorage())
