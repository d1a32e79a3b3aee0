"""What a site's policy changed in a rule, as its cards must tell: nothing of the guideline is changed silently."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What was changed: a number of the guideline, a number that is this project's choice, how loudly a case speaks."""

    DEVIATION = "deviation"
    OUR_NUMBER = "our-number"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Departure:
    """One change, as a card tells it.

    Attributes:
        kind: what was changed.
        what: the address of the number (``AR-DENTAL-01.freshness``), or the rule whose severity was changed.
        names: what a reader calls it, by language.
        shipped: the number or severity of the product, which for a ``deviation`` is the guideline's.
        site: the one in force at this site.
        approved_by, approved_on: who answers for it, and since when.
        reason: why, by language; empty where none need be given.
        edition: the edition whose number it is; None for every edition.
        case: the case whose severity it is; None for every case.
    """

    kind: Kind
    what: str
    names: Mapping[str, str]
    shipped: Any
    site: Any
    approved_by: str
    approved_on: date
    reason: Mapping[str, str]
    edition: str | None = None
    case: str | None = None

    def concerns(self, edition: str, case: str) -> bool:
        """Whether a finding of this edition and case has to tell it."""
        return self.edition in (None, edition) and self.case in (None, case)

    def as_json(self) -> dict[str, str]:
        """For the trace of a card and the decision log."""
        return {
            "kind": self.kind.value,
            "what": self.what,
            "shipped": str(self.shipped),
            "site": str(self.site),
            "approvedBy": self.approved_by,
            "approvedOn": self.approved_on.isoformat(),
        }
