"""One GET to a FHIR server: the bytes of the answer, or why there are none."""

import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cds_service.fetching.limits import Allowance, Deadline, Limits, NotObtained
from cds_service.fetching.transport import CheckedAdapter, patience
from fhir_mappers.record.answer import FAILED, NOT_FETCHED, REFUSED, TIMED_OUT, UNREACHABLE, UNREADABLE

_CHUNK = 64 * 1024
_GZIP = zlib.MAX_WBITS | 16
_REASONS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: REFUSED,
    HTTPStatus.FORBIDDEN: REFUSED,
    HTTPStatus.NOT_FOUND: NOT_FETCHED,  # of a search: this server has no such type
    HTTPStatus.METHOD_NOT_ALLOWED: NOT_FETCHED,
    HTTPStatus.GONE: NOT_FETCHED,
    HTTPStatus.NOT_IMPLEMENTED: NOT_FETCHED,
}
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the requests of one call have in common. The token lives here, for as long as the call.

    Attributes:
        adapter: the connections to the server.
        headers: with the token of this call, if it has one.
        deadline: the end of all of it.
        allowance: the bytes that may still come.
        limits: what each request may cost.
    """

    adapter: CheckedAdapter
    headers: CaseInsensitiveDict[str]
    deadline: Deadline
    allowance: Allowance
    limits: Limits

    def get(self, url: str) -> bytes:
        """The body of a 200 answer. Asks again where that is safe and time allows.

        Raises:
            NotObtained: with the reason.
        """
        for attempt in range(1, self.limits.attempts + 1):
            try:
                with patience(self.deadline, self.limits):
                    return self._once(url)
            except NotObtained as failure:
                pause = failure.again
                if pause is None or pause >= self.deadline.remaining() or attempt == self.limits.attempts:
                    raise
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover # attempts is at least one

    def _once(self, url: str) -> bytes:
        request = PreparedRequest()
        request.method, request.url, request.headers = "GET", url, self.headers
        try:
            response = self.adapter.send(request, stream=True, timeout=self.deadline.at_most(self.limits.silence))
        except requests.Timeout:
            raise NotObtained(TIMED_OUT, at_fault=True) from None
        except requests.exceptions.SSLError:
            raise NotObtained(UNREACHABLE, at_fault=True) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _broken_off(error) from None
        try:
            _check_status(response, self.limits.pause)
            return b"".join(self._body(response))
        finally:
            response.close()

    def _body(self, response: requests.Response) -> Iterator[bytes]:
        """The body, unpacked piece by piece, so that a small bomb does not fill the memory."""
        unpack = _unpacking(response.headers.get("Content-Encoding", "identity").strip().casefold())
        try:
            while piece := response.raw.read(_CHUNK, decode_content=False):
                yield from unpack.feed(piece, self.allowance)
        except (ReadTimeoutError, TimeoutError):
            raise NotObtained(TIMED_OUT, at_fault=True) from None
        except (HTTPError, OSError):
            raise NotObtained(UNREADABLE) from None
        unpack.finish()


class _Plain:
    def feed(self, piece: bytes, allowance: Allowance) -> Iterator[bytes]:
        allowance.take(len(piece))
        yield piece

    def finish(self) -> None:
        """Nothing is held back."""


class _Gzip(_Plain):
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP)

    def feed(self, piece: bytes, allowance: Allowance) -> Iterator[bytes]:
        try:
            while piece:
                part = self._inflate.decompress(piece, _CHUNK)
                allowance.take(len(part))
                yield part
                piece = self._inflate.unconsumed_tail
        except zlib.error:
            raise NotObtained(UNREADABLE) from None

    def finish(self) -> None:
        if not self._inflate.eof:
            raise NotObtained(UNREADABLE)


def _unpacking(coding: str) -> _Plain:
    if coding in ("identity", ""):
        return _Plain()
    if coding in ("gzip", "x-gzip"):
        return _Gzip()
    raise NotObtained(UNREADABLE)


def _check_status(response: requests.Response, pause: float) -> None:
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    again = _retry_after(response.headers.get("Retry-After"), pause) if status in _BUSY else None
    raise NotObtained(_REASONS.get(status, FAILED), at_fault=status >= 500 and status not in _REASONS, again=again)


def _retry_after(sent: str | None, pause: float) -> float:
    """Seconds the server asks to be left alone; ``pause`` where it does not say."""
    if sent is None:
        return pause
    if sent.strip().isdecimal():
        return float(sent)
    try:
        return max(0.0, parsedate_to_datetime(sent).timestamp() - time.time())
    except (ValueError, OverflowError):
        return pause


def _broken_off(error: BaseException) -> NotObtained:
    """A connection that broke before the answer began: a kept one the server had closed, most often."""
    found, waiting = False, [error]
    while waiting and not found:
        one = waiting.pop()
        found = isinstance(one, ConnectionResetError | ConnectionAbortedError | BrokenPipeError)
        waiting += [arg for arg in one.args if isinstance(arg, BaseException)]
    return NotObtained(UNREACHABLE if found else FAILED, at_fault=True, again=0.0 if found else None)
