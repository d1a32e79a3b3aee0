"""The request to the bone tumour board, drafted from the record: eight texts, each with the facts it rests on.

A person reads and completes them: nothing is sent as it stands. An item the record says nothing about stays empty; that
nothing was found is written only where it was looked for completely.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fhir_mappers.form_prefill import Filled
from fhir_mappers.record import concepts as c
from fhir_mappers.record.answer import Evidence
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Event, Measurement
from fhir_mappers.record.facts import CARE_PLANS, CONDITIONS, ORDERS, PROCEDURES, STATEMENTS
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.said import Said
from fhir_mappers.terminology import default_terminology
from hooks.figures import Figures
from hooks.questionnaires import forms
from hooks.reads import DOSES, observed

FORM = "board"
RESPONSE: tuple[str, ...] = (c.DISEASE_EXTENT, c.ONCOLOGICAL_RESPONSE)
PAIN: tuple[str, ...] = ("pain_mechanism", "analgesic_step")
PROGNOSIS: tuple[str, ...] = (*c.LIFE_EXPECTANCY, "karnofsky_performance")
READS = (CONDITIONS, ORDERS, *DOSES, PROCEDURES, CARE_PLANS, *observed(*RESPONSE, *PAIN, *PROGNOSIS))

ANTICOAGULANTS: tuple[str, ...] = (
    *("antithrombotic_any", "vitamin_k_antagonist_any", "heparin_group_any", "antiplatelet_any"),
    *("direct_thrombin_inhibitor_any", "direct_xa_inhibitor_any", "warfarin", "acenocoumarol", "fluindione"),
    *("heparin", "enoxaparin", "dalteparin", "tinzaparin", "nadroparin", "fondaparinux", "apixaban", "rivaroxaban"),
    *("edoxaban", "dabigatran", "aspirin", "clopidogrel", "prasugrel", "ticagrelor"),
)
LOCAL: tuple[str, ...] = (
    *(*c.RADIOTHERAPY, *c.BONE_SURGERY, "cementoplasty", "cementoplasty_extraspinal", "vertebroplasty", "kyphoplasty"),
    *("vertebral_implant_augmentation", "radiotherapy_session", "bone_metastasis_radionuclide_therapy"),
)
EVENTS: tuple[str, ...] = (*c.PATHOLOGICAL_FRACTURE, *c.CORD_COMPRESSION, c.HYPERCALCAEMIA)
TAKEN = frozenset({"active", "on-hold", "intended", "unknown"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text with the fact behind it; None where it says what was not found."""

    text: str
    proof: Evidence | None = None


def drafted(record: PatientRecord, named: Iterable[Said], figures: Figures) -> dict[str, Filled]:
    """The texts by link id.

    Args:
        record: the patient's.
        named: what orders, statements, conditions and procedures are called in the EHR.
        figures: how dates and names are written in the language of the request.
    """
    draft = _Draft(record, tuple(named), figures)
    made = {
        "board-circumstances": draft.problems(EVENTS),
        "board-stage-and-response": (*draft.problems(c.MALIGNANCY), *draft.judged(*RESPONSE)),
        "board-pain": draft.judged(*PAIN),
        "board-current-drugs": draft.drugs(),
        "board-local-treatments": draft.local(),
        "board-bone-drug": draft.bone_drug(),
        "board-anticoagulants": draft.anticoagulants(),
        "board-prognosis-and-project": (*draft.judged(*PROGNOSIS), *draft.comfort()),
    }
    filled = {link: tuple(lines) for link, lines in made.items()}
    return {link: _filled(lines) for link, lines in filled.items() if lines}


class _Draft:
    def __init__(self, record: PatientRecord, named: tuple[Said, ...], figures: Figures) -> None:
        self._record, self._named, self._figures = record, named, figures
        self._names = {each.resource: each.name for each in named if each.name}

    def problems(self, wanted: tuple[str, ...]) -> Iterator[Line]:
        """Ongoing conditions, oldest first."""
        ongoing = [p for p in self._record.problems if p.is_ongoing and p.is_any(wanted)]
        yield from (self._event(each, "since") for each in sorted(ongoing, key=_when))

    def judged(self, *concepts: str) -> Iterator[Line]:
        """The newest of each measure with its day: how old is too old is for the reader to say."""
        for concept in concepts:
            newest = next((m for m in self._record.results(concept) if not m.provisional and m.problem is None), None)
            if newest is not None and (text := self._measure(newest)) is not None:
                yield Line(f"{text}, {self._day('on', newest.when)}", newest.evidence())

    def drugs(self) -> Iterator[Line]:
        """Everything ordered or taken at present, whether we know the drug or not."""
        drugs = [s for s in self._named if s.kind in ("MedicationRequest", "MedicationOrder", "MedicationStatement")]
        current = [s for s in drugs if s.status in TAKEN and s.name]
        for each in sorted(current, key=lambda s: str(s.name).casefold()):
            text = f"{each.name}, {self._day('since', each.when)}" if each.when else str(each.name)
            yield Line(text, Evidence(each.resource, "drug", date=each.when))
        if lost := sum(1 for s in self._named if s.kind == "" or (s in drugs and not s.name)):
            yield Line(_word(self._figures, "unreadable", count=str(lost)))
        elif not current:
            yield from self._nothing(ORDERS, STATEMENTS)

    def local(self) -> Iterator[Line]:
        """Radiotherapy, surgery and cementoplasty that were done."""
        done = [p for p in self._record.procedures if p.status == "completed" and p.is_any(LOCAL)]
        yield from (self._event(each, "on") for each in sorted(done, key=_when))
        if not done:
            yield from self._nothing(PROCEDURES)

    def bone_drug(self) -> Iterator[Line]:
        """Orders of antiresorptives, and how many doses were given from when to when."""
        record = self._record
        orders = record.orders(use=None, status=("active", "on-hold"))
        yield from (self._event(each, "ordered") for each in sorted(orders, key=_when))
        dated = sorted((d for d in record.given(use=None) if d.when is not None), key=_when)
        if dated:
            first, last = (self._figures.show(each.when) for each in (dated[0], dated[-1]))
            many = _word(self._figures, "doses", count=str(len(dated)), first=first, last=last)
            text = many if len(dated) > 1 else _word(self._figures, "dose", last=last)
            yield Line(f"{self._name(dated[-1])}, {text}", dated[-1].evidence())
        elif not orders:
            yield from self._nothing(ORDERS, *DOSES)

    def anticoagulants(self) -> Iterator[Line]:
        """Those ordered or taken at present, also what keeps platelets from clotting."""
        taken = [course for course in self._record.courses if course.status in TAKEN and course.is_any(ANTICOAGULANTS)]
        yield from (self._event(each, "since") for each in sorted(taken, key=_when))
        if not taken:
            yield from self._nothing(ORDERS, STATEMENTS)

    def comfort(self) -> Iterator[Line]:
        """That only comfort care is given."""
        care = self._record.comfort_care()
        if care.is_yes:
            yield Line(_word(self._figures, "comfort"), next(iter(care.evidence), None))

    def _nothing(self, *kinds: str) -> Iterator[Line]:
        if self._record.looked(*kinds, what="anything").is_no:
            yield Line(_word(self._figures, "none-found"))

    def _event(self, event: Event, word: str) -> Line:
        day = f", {self._day(word, event.when)}" if event.when is not None else ""
        return Line(f"{self._name(event)}{day}", event.evidence())

    def _name(self, event: Event) -> str:
        own = self._names.get(event.source.resource)
        return own or _capital(self._figures.name(event.concepts[0]))

    def _measure(self, found: Measurement) -> str | None:
        """A judgement in words: of one that is chosen the label of our own form, else the number."""
        question = _asked().get(found.what)
        if question is not None and found.concepts:
            return question(found.concepts, self._figures)
        word = {"analgesic_step": "step", "karnofsky_performance": "karnofsky"}.get(found.what, "survival")
        return (
            None if found.value is None else _word(self._figures, word, value=self._figures.number(found.value.value))
        )

    def _day(self, word: str, when: PartialDate | None) -> str:
        return _word(self._figures, word, day="" if when is None else self._figures.show(when))


_Told = Callable[[tuple[str, ...], Figures], str | None]


@cache
def _asked() -> Mapping[str, _Told]:
    """How a chosen answer is said: with the question and label of the form that asks it."""
    from fhir_mappers.form_prefill import concept_of
    from fhir_mappers.forms import Question
    from fhir_mappers.terminology import LOCAL_SYSTEM

    def told(question: Question) -> _Told:
        labels = {default_terminology().concepts(LOCAL_SYSTEM, o.code)[0]: o.label for o in question.options}

        def say(concepts: tuple[str, ...], figures: Figures) -> str | None:
            label = next((labels[concept] for concept in concepts if concept in labels), None)
            name = question.text[figures.language]
            return None if label is None else _word(figures, "colon", name=name, value=label[figures.language])

        return say

    questions = (q for form in forms().values() for q in form.questions if q.options)
    return {concept_of(question): told(question) for question in questions}


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("hooks").joinpath("board_request.toml").read_text("utf-8"))


def _word(figures: Figures, key: str, **values: str) -> str:
    return _words()[key][figures.language].format(**values)


def _filled(lines: tuple[Line, ...]) -> Filled:
    text = "\n".join(dict.fromkeys(line.text for line in lines))
    return Filled((text,), tuple(dict.fromkeys(line.proof for line in lines if line.proof is not None)))


def _when(event: Event) -> tuple[str, str]:
    return (event.when.earliest.isoformat() if event.when is not None else "", event.source.resource)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
