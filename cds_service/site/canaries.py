"""Canary patients: a few shipped scenarios, asked again and again, whose findings must not change while we run.

As shipped they must find what ``canaries.toml`` says. Under a site's policy and codes they must find what they found
when the service started, which `osteohooks policy diff` showed beforehand; and no check may break for any of them.
"""

import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cds_service.pipeline import Parts, advise
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from hooks.limits import DEFAULT_EDITION
from hooks.request import HookRequest
from hooks.services import services

KEPT_S = 300.0
Found = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Canary:
    """One scenario and what it must find as shipped: ``rule status severity case`` of every finding that speaks."""

    scenario: str
    expected: Found


@cache
def canaries() -> tuple[Canary, ...]:
    """The shipped ones."""
    table = tomllib.loads(files("cds_service.site").joinpath("canaries.toml").read_text("utf-8"))
    return tuple(Canary(name, tuple(expected)) for name, expected in table["expect"].items())


def found_in(canary: Canary, parts: Parts) -> Found:
    """What one canary finds, at its own hook, in the default edition, on the day of its scenario."""
    about = scenario(canary.scenario)
    service = next(one for one in services() if one.hook == about.hook)
    call = HookRequest.parse(hook_request_bytes(about), service.hook)
    reply = advise(call, service, parts, "en", as_of=about.as_of, edition=DEFAULT_EDITION)
    spoke = (f"{f.rule.id} {f.status} {f.severity.value} {f.verdict.case}" for f in reply.findings.speaking)
    return (*spoke, *(f"{broken.rule} broken" for broken in reply.findings.broken))


class Watched:
    """The canaries of one installation.

    Args:
        parts: everything calls may work with, as shipped first; what each finds now is what it must find later.
        now: seconds on any clock that never goes back.
    """

    def __init__(self, parts: Iterable[Parts], now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._parts = tuple(parts)
        self._expected: Mapping[tuple[int, str], Found] = {
            (number, canary.scenario): canary.expected if number == 0 else found_in(canary, made)
            for number, made in enumerate(self._parts)
            for canary in canaries()
        }
        self._lock = threading.Lock()
        self._last: tuple[float, tuple[str, ...]] | None = None

    def failures(self) -> tuple[str, ...]:
        """What is wrong, one sentence per canary; asked anew when the last answer is older than `KEPT_S`."""
        with self._lock:
            if self._last is None or self._now() - self._last[0] >= KEPT_S:
                self._last = self._now(), tuple(self._ask())
            return self._last[1]

    def _ask(self) -> Iterable[str]:
        for number, made in enumerate(self._parts):
            for canary in canaries():
                expected, found = self._expected[number, canary.scenario], _safely(canary, made)
                lost, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
                broken = [one for one in found if one.endswith(" broken")]
                if lost or more or broken:
                    under = f" under {made.policy_version}" if made.policy_version else ""
                    yield f"{canary.scenario}{under}: {_told('lost', lost)}{_told('new', more or broken)}".rstrip("; ")


def _safely(canary: Canary, parts: Parts) -> Found:
    """A canary that cannot be asked at all has found a fault, not nothing."""
    try:
        return found_in(canary, parts)
    except Exception as error:  # whatever stops a patient's call stops the canary's: that is what it is for
        return (f"{type(error).__name__} broken",)


def _told(word: str, findings: list[str]) -> str:
    return f"{word} {', '.join(findings)}; " if findings else ""
