"""A site's policy: what a hospital decided to ask, count or say differently, and who answers for it.

One version of one policy, as data. `hooks.policy_numbers` and `hooks.policy_rules` apply it to the tables; reading it
from a file is the street's affair. The limits of what a policy may do are explained in docs/policy.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

import msgspec

Said = Mapping[str, str]


class BadPolicy(ValueError):
    """A policy that must not be applied. ``problems`` holds one sentence each, for a hospital engineer."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Another number at an address of `hooks.ledger`, in some editions or (None) in all that have it.

    ``deviation`` is needed where the number is the guideline's; then ``reason`` says why, in both languages.
    """

    name: str
    value: str | int | bool
    editions: tuple[str, ...] | None = None
    deviation: bool = False
    reason: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeverityChange:
    """Another severity for one case of a rule; from or to critical it is a deviation."""

    rule: str
    case: str
    severity: str
    deviation: bool = False
    reason: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OverrideChange:
    """The override reasons a card of this rule offers, instead of those shipped; *other* always comes last."""

    rule: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SnoozeChange:
    """How long a case stays away once shown (d)."""

    rule: str
    case: str
    time: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """A rule that is not asked at this site, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class SiteReason:
    """An override reason of the site's own."""

    code: str
    system: str
    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy.

    Attributes:
        id: short name of the policy.
        starts: first day it is in force; ``ends`` the last one, None while nothing ends it.
        approved_by: who answers for it, as cards name them.
        codes: the site's code map: (system, code, concept) each.
    """

    id: str
    starts: date
    approved_by: str
    approved_on: date
    ends: date | None = None
    limits: tuple[LimitChange, ...] = ()
    severities: tuple[SeverityChange, ...] = ()
    overrides: tuple[OverrideChange, ...] = ()
    snoozes: tuple[SnoozeChange, ...] = ()
    retired: tuple[Retirement, ...] = ()
    reasons: tuple[SiteReason, ...] = ()
    codes: tuple[tuple[str, str, str], ...] = ()

    def in_force(self, day: date) -> bool:
        """Whether this version holds on a day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)

    @property
    def version(self) -> str:
        """What the decision log notes: policy, first day, and a digest of everything the version says."""
        content = msgspec.json.encode(asdict(self), order="sorted")
        return f"{self.id}/{self.starts.isoformat()}/{hashlib.sha256(content).hexdigest()[:16]}"

    @property
    def says_nothing(self) -> bool:
        """True when the version leaves everything as shipped."""
        told = (self.limits, self.severities, self.overrides, self.snoozes, self.retired, self.reasons, self.codes)
        return not any(told)
