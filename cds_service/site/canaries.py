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

from cds_service.operations.health import OK, Part, Status
from cds_service.pipeline import Parts, advise
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from hooks.choices import DEFAULT_EDITION
from hooks.request import HookRequest
from hooks.services import services

KEPT_S = 300.0
_BROKEN = " broken"
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
    return (*spoke, *(f"{broken.rule}{_BROKEN}" for broken in reply.findings.broken))


class Watched:
    """The canaries of one installation.

    Args:
        in_use: everything calls work with now, as shipped first; what each finds when it is first seen, which is when
            the service starts or a version comes into force, is what it must find later.
        now: seconds on any clock that never goes back.
    """

    def __init__(self, in_use: Callable[[], Iterable[Parts]], now: Callable[[], float] = time.monotonic) -> None:
        self._in_use, self._now = in_use, now
        self._expected: dict[int, Mapping[str, Found]] = {}
        self._known: list[Parts] = []  # kept, so that no two have one id
        self._lock = threading.Lock()
        self._last: tuple[float, tuple[str, ...]] | None = None
        self._learn()

    def failures(self) -> tuple[str, ...]:
        """What is wrong, one sentence per canary; asked anew when the last answer is older than `KEPT_S`."""
        with self._lock:
            if self._last is None or self._now() - self._last[0] >= KEPT_S:
                self._last = self._now(), tuple(self._ask())
            return self._last[1]

    def as_part(self) -> Part:
        """The verdict for `/readyz`."""
        wrong = self.failures()
        return Part(Status.FAILED, f"Canary patients: {'; '.join(wrong)}.") if wrong else OK

    def _learn(self) -> tuple[Parts, ...]:
        used = tuple(self._in_use())
        for number, made in enumerate(used):
            if id(made) not in self._expected:
                shipped = {canary.scenario: canary.expected for canary in canaries()}
                self._expected[id(made)] = shipped if number == 0 else _all(made)
                self._known.append(made)
        return used

    def _ask(self) -> Iterable[str]:
        for made in self._learn():
            for scenario_id, found in _all(made).items():
                expected = self._expected[id(made)][scenario_id]
                lost, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
                broken = [one for one in found if one.endswith(_BROKEN)]
                if lost or more or broken:
                    under = f" under {made.policy_version}" if made.policy_version else ""
                    yield f"{scenario_id}{under}: {_told('lost', lost)}{_told('new', more or broken)}".rstrip("; ")


def _all(parts: Parts) -> dict[str, Found]:
    return {canary.scenario: _safely(canary, parts) for canary in canaries()}


def _safely(canary: Canary, parts: Parts) -> Found:
    """A canary that cannot be asked at all has found a fault, not nothing."""
    try:
        return found_in(canary, parts)
    except Exception as error:  # whatever stops a patient's call stops the canary's: that is what it is for
        return (f"{type(error).__name__}{_BROKEN}",)


def _told(word: str, findings: list[str]) -> str:
    return f"{word} {', '.join(findings)}; " if findings else ""
