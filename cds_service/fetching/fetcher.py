"""Fetches the missing keys of a call: in parallel, within one deadline, and never failing the call."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from ssl import SSLContext

from requests.structures import CaseInsensitiveDict

from cds_service.clients import Client
from cds_service.fetching.addresses import Base, is_own_machine, listed, read_base
from cds_service.fetching.breaker import Breaker
from cds_service.fetching.exchange import Exchange
from cds_service.fetching.limits import Allowance, Deadline, Limits, NotObtained
from cds_service.fetching.medications import loose_medications
from cds_service.fetching.pages import Wish, fetch
from cds_service.fetching.shares import joined, shared_out
from cds_service.fetching.transport import CheckedAdapter, tls_context
from cds_service.prefetch import Completed, Templated, merge, wishes
from fhir_mappers.record.answer import FAILED, TIMED_OUT
from hooks.request import HookRequest

log = logging.getLogger("osteohooks")

_THREADS = 64  # for each server: eight calls at once with all their keys
_SERVERS = 64

Task = Callable[[Exchange], bytes]


@dataclass(frozen=True, slots=True)
class _Server:
    """What is kept for one server between calls: connections, threads, and whether it lives. Nothing of any patient."""

    adapter: CheckedAdapter
    breaker: Breaker
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "fetching"))


@dataclass(slots=True)
class _Outcome:
    """What came of the requests of one call, by name."""

    found: dict[str, bytes] = field(default_factory=dict)
    failed: dict[str, NotObtained] = field(default_factory=dict)

    @property
    def fault(self) -> str | None:
        """Why nothing came, when it is the server's fault altogether."""
        faults = [failure.why for failure in self.failed.values() if failure.at_fault]
        return faults[0] if faults and not self.found and len(faults) == len(self.failed) else None


class Fetcher:
    """The outgoing side of the service. Safe to share between threads; made without opening anything.

    Args:
        limits: what one call may cost.
        own_machine: whether a client without a list may have this machine asked; only where the service itself can be
            reached from this machine only.
        ca_file: certificates to trust besides the system's.
    """

    def __init__(self, limits: Limits | None = None, *, own_machine: bool = False, ca_file: str | None = None) -> None:
        self._limits = limits or Limits()
        self._own_machine = own_machine
        self._ca_file = ca_file
        self._context: SSLContext | None = None
        self._servers: OrderedDict[str, _Server] = OrderedDict()
        self._lock = threading.Lock()

    def complete(self, call: HookRequest, service: Templated, client: Client) -> Completed:
        """The data of the call with what was missing, or why it could not be had. Never raises for what a server does.

        Nothing is done when every key came.
        """
        if call.fhir_server is None:
            return Completed(call.prefetch)
        missing = wishes(call, service, self._limits.page_size)
        if not missing and not loose_medications(call.prefetch, call.context.fields, call.fhir_server):
            return Completed(call.prefetch)
        base = read_base(call.fhir_server)
        entry = None if base is None else self._entry(base, client)
        if base is None or entry is None:
            log.warning("fetching: client %s named a FHIR server that is not on its list", client.id)
            return Completed(call.prefetch)
        return self._fetch(call, missing, base, self._server(entry), client)

    def resting(self) -> tuple[str, ...]:
        """The addresses of servers that fail and are left alone for the moment, for health and metrics."""
        with self._lock:
            return tuple(url for url, server in self._servers.items() if server.breaker.is_open)

    def close(self) -> None:
        """Let go of all connections and threads."""
        with self._lock:
            for server in self._servers.values():
                _release(server)
            self._servers.clear()

    def _entry(self, base: Base, client: Client) -> Base | None:
        """The entry of the list under which the server may be asked."""
        if client.fhir_servers or client.issuer is not None or not self._own_machine:
            return listed(base, client.fhir_servers)
        return base if is_own_machine(base) else None

    def _server(self, entry: Base) -> _Server:
        with self._lock:
            self._context = self._context or tls_context(self._ca_file)
            server = self._servers.pop(entry.url, None) or self._new_server(self._context)
            self._servers[entry.url] = server
            if len(self._servers) > _SERVERS:
                _release(self._servers.popitem(last=False)[1])
            return server

    def _new_server(self, context: SSLContext) -> _Server:
        return _Server(CheckedAdapter(_THREADS, context), Breaker(self._limits.failures, self._limits.rest))

    def _fetch(
        self, call: HookRequest, missing: tuple[Wish, ...], base: Base, server: _Server, client: Client
    ) -> Completed:
        left_alone = server.breaker.admit()
        if left_alone is not None:
            return merge(call.prefetch, {}, {wish.key: left_alone for wish in missing})
        exchange = self._exchange(call, server)
        parts = keys = drugs = _Outcome()
        try:
            parts, keys = _keys(server, exchange, base, missing)
            sent = {**call.prefetch, **keys.found}
            loose = [] if parts.fault else loose_medications(sent, call.context.fields, base.url)
            drugs = _all(server, exchange, {name: _reading(name, base) for name in loose[: exchange.limits.references]})
        finally:
            server.breaker.report(parts.fault or (drugs.fault if not missing else None))
        failures = {key: failure.why for key, failure in keys.failed.items()}
        if failures:
            log.warning("fetching: client %s: %s", client.id, ", ".join(map(" ".join, sorted(failures.items()))))
        return replace(merge(call.prefetch, keys.found, failures), referred=tuple(drugs.found.values()))

    def _exchange(self, call: HookRequest, server: _Server) -> Exchange:
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(
            {"Accept": "application/fhir+json", "Accept-Encoding": "gzip", "User-Agent": "osteohooks"}
        )
        if call.authorization is not None and call.authorization.is_bearer:
            headers["Authorization"] = f"Bearer {call.authorization.access_token}"
        limits = self._limits
        return Exchange(server.adapter, headers, Deadline(limits.deadline), Allowance(limits.size), limits)


def _keys(server: _Server, exchange: Exchange, base: Base, missing: tuple[Wish, ...]) -> tuple[_Outcome, _Outcome]:
    """What came of each search, and of each key: one that needs several searches is had when all of them are."""
    room = exchange.limits.address - len(base.url) - 1
    shares = {wish.key: shared_out(wish, room) for wish in missing}
    named = {key: {f"{key} {n}": part for n, part in enumerate(parts)} for key, parts in shares.items()}
    tasks = {name: partial(fetch, base=base, wish=part) for parts in named.values() for name, part in parts.items()}
    asked, keys = _all(server, exchange, tasks), _Outcome()
    for key, parts in named.items():
        try:
            if failed := [asked.failed[name] for name in parts if name in asked.failed]:
                raise failed[0]
            keys.found[key] = joined([asked.found[name] for name in parts])
        except NotObtained as failure:
            keys.failed[key] = failure
    return asked, keys


def _reading(name: str, base: Base) -> Task:
    return partial(fetch, base=base, wish=Wish(name, "Medication", f"Medication/{name}"))


def _all(server: _Server, exchange: Exchange, tasks: Mapping[str, Task]) -> _Outcome:
    """All at once; what has not come by the deadline is given up, and its thread soon sees the same deadline."""
    try:
        running = {name: server.threads.submit(task, exchange) for name, task in tasks.items()}
    except RuntimeError:  # the threads were let go: the process ends
        return _Outcome({}, dict.fromkeys(tasks, NotObtained(FAILED)))
    wait(running.values(), timeout=exchange.deadline.remaining())
    outcome = _Outcome()
    for name, future in running.items():
        try:
            outcome.found[name] = _result(future)
        except NotObtained as failure:
            outcome.failed[name] = failure
    return outcome


def _result(future: Future[bytes]) -> bytes:
    if not future.done():
        future.cancel()
        raise NotObtained(TIMED_OUT, at_fault=True)
    if future.cancelled():  # the threads were let go meanwhile
        raise NotObtained(FAILED)
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, NotObtained):
        log.error("fetching failed: %s", type(error).__name__)
        raise NotObtained(FAILED)
    raise error


def _release(server: _Server) -> None:
    server.threads.shutdown(wait=False, cancel_futures=True)
    server.adapter.close()
