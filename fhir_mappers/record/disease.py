"""What the patient has: cancer, bone disease, skeletal events, prognosis, pregnancy (catalogue P3, P12, P13)."""

from collections.abc import Iterable

from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import ABSENT, Answer, Missing, either, no, unknown
from fhir_mappers.record.calcium import CalciumQuestions
from fhir_mappers.record.events import Measurement, Problem
from fhir_mappers.record.facts import CARE_PLANS, CONDITIONS, ORDERS, PROCEDURES, Facts
from fhir_mappers.record.quantity import Quantity


class Disease(CalciumQuestions, Facts):
    """Questions about the disease and its prognosis."""

    __slots__ = ()

    def has(self, *wanted: str, certain: bool = False) -> Answer:
        """An ongoing problem of one of the concepts; ``certain`` leaves out provisional and differential diagnoses."""
        found = (p for p in self.problems if p.is_ongoing and p.is_any(wanted) and (p.certain or not certain))
        return self.any_of(found, CONDITIONS, what=wanted[0])

    def malignant_bone_disease(self) -> Answer:
        """Bone metastasis of any tumour, or myeloma (P12)."""
        return self.once("malignant", lambda: self.has(c.BONE_METASTASIS, c.MYELOMA))

    def malignancy(self) -> Answer:
        """Any active cancer the value sets know, primary or secondary."""
        found = (p for p in self.problems if p.is_ongoing and p.is_any(c.MALIGNANCY))
        return self.any_of(found, CONDITIONS, what="malignancy")

    def lung_bone_metastasis(self) -> Answer:
        """Lung cancer with a bone metastasis, neither merely suspected."""
        return self.has(c.LUNG_CANCER, certain=True) & self.has(c.BONE_METASTASIS, certain=True)

    def comfort_care(self) -> Answer:
        """An explicit comfort-only or hospice care plan or condition."""
        plans = (p for p in self.care_plans if p.is_any(c.COMFORT_CARE) and p.status == "active")
        return self.any_of(plans, CARE_PLANS, what=c.COMFORT_CARE[0]) | self.has(*c.COMFORT_CARE)

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
        return Answer(_survival_below(reading.value, months), reading.evidence)

    def skeletal_event(self, window: Quantity) -> Answer:
        """A skeletal-related event within the window: fracture, cord compression, radiotherapy or surgery of a bone
        metastasis, malignant hypercalcaemia (coded, or the newest corrected calcium above normal).
        """
        coded = (p for p in self.problems if p.is_any(c.HYPERCALCAEMIA))
        high = self.recent(coded, window, CONDITIONS, what="skeletal_event")
        return either((self.structural_event(window), high, self.hypercalcaemia(window)))

    def structural_event(self, window: Quantity) -> Answer:
        """A skeletal-related event of the bone itself: every one but hypercalcaemia."""
        coded = (*c.PATHOLOGICAL_FRACTURE, *c.CORD_COMPRESSION)
        problems = self.recent((p for p in self.problems if p.is_any(coded)), window, CONDITIONS, what="skeletal_event")
        acts = [p for p in self.procedures if p.status == "completed" and p.is_any((*_BONE_ACTS, *c.BONE_SURGERY))]
        acts += [
            p for p in self.procedures if p.status == "completed" and p.is_any(c.RADIOTHERAPY) and _on_bone(p.sites)
        ]
        return problems | self.recent(acts, window, PROCEDURES, what="skeletal_event")

    def problems_of(self, wanted: Iterable[str]) -> tuple[Problem, ...]:
        """Every recorded problem of the concepts, ongoing or not."""
        names = tuple(wanted)
        return tuple(p for p in self.problems if p.is_any(names))


_BONE_ACTS = ("bone_radiotherapy", "bone_stereotactic_radiotherapy")


def _on_bone(sites: tuple[str, ...]) -> bool:
    """A general radiotherapy code counts as treatment of a bone metastasis only when its site is a bone."""
    soft = {"site_head_neck", "site_thorax", "site_abdomen", "site_brain", "site_unspecified"}
    return any(s.startswith(("site_", "vertebra_")) and s not in soft for s in sites)


def _survival_below(result: Measurement, months: Quantity) -> bool | None:
    if result.value is None or result.value.unit != months.unit:
        return None
    return result.value < months or (result.comparator == "<" and result.value <= months)
