"""Where the keys of a client come from, a file or one pinned URL, and how a new key is noticed.

The source is read when a token names a ``kid`` nobody knows, and again every hour so that withdrawn keys end; never
more than once in half a minute, so that nobody makes us flood an EHR by inventing names. While it cannot be read, the
keys it last gave go on for a day. The URL of a token (``jku``) is never followed.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests
from joserfc.jwk import ECKey, RSAKey
from urllib3.exceptions import HTTPError

from cds_service.keys import KeySet, read_keys

PATIENCE = 2.0  # s a call waits for keys that are being read
PAUSE = 30.0  # s between two attempts
FRESH = 3600.0  # s until keys are read again
STALE = 86400.0  # s for which keys are believed that cannot be read again
DEADLINE = 5.0  # s for one download
LARGEST = 262_144  # bytes of a JWK Set

_log = logging.getLogger("osteohooks")


class BadKeys(ValueError):
    """A JWK Set without a usable key, or an answer that is none. Its message repeats nothing of it."""


class KeySource:
    """The keys of one client, kept and renewed. Safe for threads; starts one of its own only while it reads.

    Args:
        client: the id of the client, for the log.
        load: reads the keys now; may raise OSError or ValueError.
        keys: what is known already; None to read at the first call, so that an EHR that is down stops no start.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        client: str,
        load: Callable[[], KeySet],
        keys: KeySet | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._load, self._clock = client, load, clock
        self._keys: KeySet = keys or {}
        self._read_at = None if keys is None else clock()
        self._tried_at: float | None = None
        self._reading: threading.Event | None = None
        self._lock = threading.Lock()

    def find(self, kid: str, algorithm: str) -> ECKey | RSAKey | None:
        """The key of this name for this algorithm; waits at most `PATIENCE` for one that is not known yet."""
        key = self._known(kid, algorithm)
        if key is not None:
            if self._age() > FRESH:
                self._renew()
            return key
        reading = self._renew()
        if reading is not None:
            reading.wait(PATIENCE)
        return self._known(kid, algorithm)

    def _known(self, kid: str, algorithm: str) -> ECKey | RSAKey | None:
        return self._keys.get((kid, algorithm)) if self._age() <= STALE else None

    def _age(self) -> float:
        read_at = self._read_at
        return float("inf") if read_at is None else self._clock() - read_at

    def _renew(self) -> threading.Event | None:
        """Begin to read, or join a reading that is under way; None where it is too early for another one."""
        with self._lock:
            if self._reading is not None and not self._reading.is_set():
                return self._reading
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < PAUSE:
                return None
            self._tried_at, reading = now, threading.Event()
            threading.Thread(target=self._read, args=(reading,), name="keys", daemon=True).start()
            self._reading = reading
            return reading

    def _read(self, done: threading.Event) -> None:
        try:
            self._keys, self._read_at = self._load(), self._clock()
            _log.info("keys of client %s read", self._client, extra={"event": "keys read", "client": self._client})
        except (OSError, ValueError) as error:
            why = str(error) if isinstance(error, BadKeys) else type(error).__name__
            extra = {"event": "keys not read", "client": self._client, "error": type(error)}
            _log.warning("keys of client %s not read: %s", self._client, why, extra=extra)
        finally:
            done.set()


def from_url(url: str) -> KeySet:
    """The usable keys of the JWK Set at the pinned URL.

    Raises:
        BadKeys: the answer holds none.
        OSError: there is no answer.
    """
    return _usable(download(url))


def from_file(path: Path) -> KeySet:
    """The usable keys of a JWK Set in a file.

    Raises:
        BadKeys: the file holds none.
        OSError: the file cannot be read.
    """
    return _usable(path.read_bytes())


def download(url: str) -> bytes:
    """What is at the URL: no redirects, no cookies or passwords of ours, no more than `LARGEST` bytes or `DEADLINE`.

    Raises:
        BadKeys: another status than 200, too much, or too slow.
        OSError: there is no answer.
    """
    end = time.monotonic() + DEADLINE
    with requests.get(
        url,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        auth=lambda request: request,  # none, also where .netrc has one for this host
        timeout=PATIENCE,
        allow_redirects=False,
        stream=True,
    ) as answer:
        if answer.status_code != 200:
            raise BadKeys(f"the server answers with status {answer.status_code}")
        body = b""
        try:
            while piece := answer.raw.read1(LARGEST):
                body += piece
                if len(body) > LARGEST or time.monotonic() > end:
                    raise BadKeys("the answer is too long or too slow")
        except HTTPError as error:  # of urllib3, which requests does not translate here
            raise OSError(type(error).__name__) from None
        return body


def _usable(data: bytes) -> KeySet:
    """In a set that others publish, a key we cannot use is no reason to refuse the others."""
    reading = read_keys(data)
    for fault in reading.faults if reading.keys else ():
        _log.warning("a key is not used: %s", fault)
    if not reading.keys:
        raise BadKeys("; ".join(reading.faults))
    return reading.keys
