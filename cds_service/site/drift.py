"""Has a rule's firing rate changed? One week against the eight before it, honestly tested.

The unit is a patient in a week: whether a rule spoke at least once for this patient in this week. Calls are no unit: a
chart opened ten times is one observation. Fisher's exact test compares the two shares; the counts are first divided by
the over-dispersion seen between the reference weeks, so that a rule that comes in bursts is not called changed. Over
all rules tested at once the probability of any false alarm is held below ``ALPHA`` (Holm). And a change must matter:
at least twofold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, fsum, lgamma

ALPHA = 0.01
FACTOR = 2.0
WEEKS = 8
FEWEST_PATIENTS = 20  # in the last week
FEWEST_EXPECTED = 5.0  # firings in the last week, had nothing changed; or seen in it, where there were none before
_SAME = 1e-9  # tables as likely as the observed one count as extreme as it, whatever the rounding


class Change(StrEnum):
    """What became of a rule."""

    STOPPED = "stopped"
    FELL = "fell"
    ROSE = "rose"
    BEGAN = "began"


@dataclass(frozen=True, slots=True)
class Share:
    """Patients for whom a rule spoke, of those it could have spoken for."""

    fired: int
    patients: int

    @property
    def rate(self) -> float:
        """Between 0 and 1; 0 of nobody."""
        return self.fired / self.patients if self.patients else 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.fired + other.fired, self.patients + other.patients)


@dataclass(frozen=True, slots=True)
class Drift:
    """A rule at a service whose share changed; ``p`` is adjusted for the number of rules tested."""

    service: str
    rule: str
    change: Change
    before: Share
    after: Share
    p: float


Series = Mapping[tuple[str, str], Sequence[Share]]
"""(service, rule) -> the share of each week, oldest first; the last one is judged."""


def drifts(series: Series) -> list[Drift]:
    """The rules that changed, the surest first."""
    tested = [(key, weeks) for key, weeks in series.items() if _is_enough(weeks)]
    chances = [_chance(weeks) for _, weeks in tested]
    found = []
    for (key, weeks), p in zip(tested, holm(chances), strict=True):
        before, after = sum(weeks[:-1], Share(0, 0)), weeks[-1]
        if p < ALPHA and _matters(before.rate, after.rate):
            found.append(Drift(*key, _change(before, after), before, after, p))
    return sorted(found, key=lambda drift: (drift.p, drift.service, drift.rule))


def fisher(a: Share, b: Share) -> float:
    """The two-sided exact test: how likely are counts as uneven as these, or more so, when both shares are one."""
    fired, people = a.fired + b.fired, a.patients + b.patients
    low, high = max(0, fired - b.patients), min(fired, a.patients)

    def weight(k: int) -> float:
        return _choose(a.patients, k) + _choose(b.patients, fired - k) - _choose(people, fired)

    observed = weight(a.fired)
    return min(1.0, fsum(exp(w) for k in range(low, high + 1) if (w := weight(k)) <= observed + _SAME))


def holm(chances: Sequence[float]) -> list[float]:
    """Each probability adjusted for all of them: the chance of any false alarm stays below what each is held to."""
    adjusted = [1.0] * len(chances)
    worst = 0.0
    for rank, index in enumerate(sorted(range(len(chances)), key=lambda i: chances[i])):
        worst = max(worst, (len(chances) - rank) * chances[index])
        adjusted[index] = min(1.0, worst)
    return adjusted


def dispersion(weeks: Sequence[Share]) -> float:
    """How much more the weeks differ than chance alone would have it; at least 1."""
    told = [week for week in weeks if week.patients]
    rate = sum(told, Share(0, 0)).rate
    if len(told) < 2 or rate in (0.0, 1.0):
        return 1.0
    squares = fsum((w.fired - w.patients * rate) ** 2 / (w.patients * rate * (1 - rate)) for w in told)
    return max(1.0, squares / (len(told) - 1))


def _chance(weeks: Sequence[Share]) -> float:
    spread = dispersion(weeks[:-1])
    return fisher(_thinned(weeks[-1], spread), _thinned(sum(weeks[:-1], Share(0, 0)), spread))


def _thinned(share: Share, spread: float) -> Share:
    return Share(round(share.fired / spread), round(share.patients / spread))


def _is_enough(weeks: Sequence[Share]) -> bool:
    before, after = sum(weeks[:-1], Share(0, 0)), weeks[-1]
    if after.patients < FEWEST_PATIENTS or before.patients < FEWEST_PATIENTS:
        return False
    return max(before.rate * after.patients, after.fired) >= FEWEST_EXPECTED


def _matters(before: float, after: float) -> bool:
    return max(before, after) >= FACTOR * min(before, after)


def _change(before: Share, after: Share) -> Change:
    if not after.fired:
        return Change.STOPPED
    if not before.fired:
        return Change.BEGAN
    return Change.ROSE if after.rate > before.rate else Change.FELL


def _choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
