"""What the patient has: cancer, bone disease, skeletal events, prognosis, pregnancy (catalogue P3, P12, P13)."""

from collections.abc import Iterable

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, IMPRECISE, Answer, Missing, either, no, unknown
from fhir_mappers.record.calcium import CalciumQuestions
from fhir_mappers.record.events import Measurement, Problem, Procedure
from fhir_mappers.record.facts import CARE_PLANS, CONDITIONS, ORDERS, PROCEDURES, Facts
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.remembering import remembered


class Disease(CalciumQuestions, Facts):
    """Questions about the disease and its prognosis."""

    __slots__ = ()

    @remembered
    def has(self, *wanted: str, certain: bool = False) -> Answer:
        """An ongoing problem of one of the concepts; ``certain`` leaves out provisional and differential diagnoses."""
        found = (p for p in self.problems if p.is_ongoing and _means(p, wanted) and (p.certain or not certain))
        return self.any_of(found, CONDITIONS, what=wanted[0])

    def malignant_bone_disease(self) -> Answer:
        """Bone metastasis of any tumour, or myeloma (P12)."""
        return self.has(c.BONE_METASTASIS, c.MYELOMA)

    @remembered
    def malignancy(self) -> Answer:
        """Any active cancer the value sets know, primary or secondary."""
        found = (p for p in self.problems if p.is_ongoing and p.is_any(c.MALIGNANCY))
        return self.any_of(found, CONDITIONS, what="malignancy")

    def lung_bone_metastasis(self) -> Answer:
        """Lung cancer with a bone metastasis, neither merely suspected."""
        return self.has(c.LUNG_CANCER, certain=True) & self.has(c.BONE_METASTASIS, certain=True)

    @remembered
    def comfort_care(self) -> Answer:
        """An explicit comfort-only or hospice care plan or condition."""
        plans = (p for p in self.care_plans if p.is_any(c.COMFORT_CARE) and p.status == "active")
        return self.any_of(plans, CARE_PLANS, what=c.COMFORT_CARE[0]) | self.has(*c.COMFORT_CARE)

    @remembered
    def terminal(self) -> Answer:
        """Comfort care only, or a recorded survival under the limit and no anticancer treatment (P13)."""
        treated = self.any_of(
            (o for o in self.courses if o.status == "active" and o.is_any(c.ANTICANCER)),
            ORDERS,
            what="anticancer_treatment",
        )
        return self.comfort_care() | (self.survival_below(self.conventions.answers.terminal_survival) & ~treated)

    def survival_below(self, months: Quantity) -> Answer:
        """A recorded survival estimate strictly below ``months`` (mo); none recorded is no."""
        reading = self.latest(*c.LIFE_EXPECTANCY)
        if isinstance(reading, Missing):
            return no() if reading.why == ABSENT else unknown(reading)
        decided = _survival_below(reading.value, months)
        if decided is None:
            return unknown(Missing(reading.value.what, IMPRECISE, reading.value.evidence()), evidence=reading.evidence)
        return Answer(decided, reading.evidence)

    def skeletal_event(self, window: Quantity) -> Answer:
        """A skeletal-related event within the window: fracture, cord compression, radiotherapy or surgery of a bone
        metastasis (done or under way), malignant hypercalcaemia (coded, or the newest corrected calcium above normal).
        Suspected events do not count (P1).
        """
        coded = (p for p in self.problems if p.is_any(c.HYPERCALCAEMIA) and p.certain)
        high = self.recent(coded, window, CONDITIONS, what="skeletal_event")
        return either((self.structural_event(window), high, self.hypercalcaemia(window)))

    def structural_event(self, window: Quantity) -> Answer:
        """A skeletal-related event of the bone itself: every one but hypercalcaemia."""
        coded = (*c.PATHOLOGICAL_FRACTURE, *c.CORD_COMPRESSION)
        events = (p for p in self.problems if p.is_any(coded) and p.certain)
        problems = self.recent(events, window, CONDITIONS, what="skeletal_event")
        acts = (p for p in self.procedures if p.status in ("completed", "in-progress") and _treats_bone(p))
        return problems | self.recent(acts, window, PROCEDURES, what="skeletal_event")

    def problems_of(self, wanted: Iterable[str]) -> tuple[Problem, ...]:
        """Every recorded problem of the concepts, ongoing or not."""
        names = tuple(wanted)
        return tuple(p for p in self.problems if p.is_any(names))


_BONE_ACTS = ("bone_radiotherapy", "bone_stereotactic_radiotherapy")


def _means(problem: Problem, wanted: tuple[str, ...]) -> bool:
    """One of the concepts; a secondary cancer at a bone site is a bone metastasis (P12, mCODE)."""
    at_bone = c.BONE_METASTASIS in wanted and problem.is_any(c.SECONDARY_CANCER) and _on_bone(problem.sites)
    return problem.is_any(wanted) or at_bone


def _treats_bone(act: Procedure) -> bool:
    return act.is_any((*_BONE_ACTS, *c.BONE_SURGERY)) or (act.is_any(c.RADIOTHERAPY) and _on_bone(act.sites))


def _on_bone(sites: tuple[str, ...]) -> bool:
    """A general code (radiotherapy, secondary cancer) is about a bone metastasis only when its site is a bone."""
    soft = {"site_head_neck", "site_thorax", "site_abdomen", "site_brain", "site_unspecified"}
    return any(s.startswith(("site_", "vertebra_")) and s not in soft for s in sites)


def _survival_below(result: Measurement, months: Quantity) -> bool | None:
    """Whether an estimate is strictly below; None when ``<`` or ``>`` leaves it open."""
    if result.value is None or result.value.unit != months.unit:
        return None
    if result.comparator in ("<", "<="):
        return True if result.value < months or (result.comparator == "<" and result.value == months) else None
    if result.comparator in (">", ">="):
        return False if result.value >= months else None
    return result.value < months
