"""A patient whose Cockcroft-Gault clearance is exactly the number in the table.

A man of 68 with 88.4 umol/L creatinine clears as many mL/min as he weighs kilograms: (140-68) x kg x 88.4 / (72 x
88.4).
For a woman of 68 the smaller form is (140-68) x kg x 1.04 / umol, so 74.88 umol/L does the same.
"""

from decimal import Decimal

from tests.support.bedside import Bedside

BORN = "1958-01-01"
DAY = "2026-06-01"
CREATININE_OF_ONE = {"male": Decimal("88.4"), "female": Decimal("74.88")}
_LIGHTEST = 30


def clearing(
    clearance: str, *, sex: str = "male", creatinine: str = DAY, weight: str = DAY, bedside: Bedside | None = None
) -> Bedside:
    """A patient of 68 with this clearance (mL/min); a blank clearance leaves creatinine and weight unrecorded."""
    patient = (bedside or Bedside()).person(born=BORN, sex=sex)
    if not clearance:
        return patient
    double = 2 if Decimal(clearance) < _LIGHTEST else 1
    patient.observed("creatinine_serum", f"{CREATININE_OF_ONE[sex] * double} umol/L @ {creatinine}")
    return patient.observed("body_weight", f"{Decimal(clearance) * double} kg @ {weight}")


def advised(bedside: Bedside, edition: str = "") -> str:
    """The dose ZOL-DOSE-01 takes from the table, in mg; blank when it names none."""
    dose = bedside.asks("ZOL-DOSE-01", edition).verdict.figures.get("advised")
    return "" if dose is None else str(dose.value)


def notes(bedside: Bedside, rule: str = "ZOL-DOSE-01") -> set[str]:
    """The remarks of a finding."""
    return set(bedside.asks(rule).verdict.notes)


_SHORT = {"creatinine_serum": "creatinine", "body_weight": "weight", "birth_date": "birth", "bone_metastasis": "bone"}


def said(bedside: Bedside, rule: str, edition: str = "") -> str:
    """The outcome of a rule, with short names for what is missing: ``needs-data creatinine,weight``."""
    outcome = bedside.outcome(rule, edition)
    kind, _, missing = outcome.partition(" ")
    if kind != "needs-data":
        return outcome
    return f"{kind} {','.join(_SHORT.get(what, what) for what in missing.split(','))}"
