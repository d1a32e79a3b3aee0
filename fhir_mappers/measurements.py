"""Observation → Measurement in the house unit of its concept, with the value as sent beside it.

Sorting comes first, reading second: every observation is looked at once to see whose it is and what it measures; its
number is converted only when a question comes to it. A patient with years of history has thousands of results, and the
checks of one call look at the newest few of a few concepts.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from fhir_mappers import units
from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import Coder, Understood, date_of, end_or_start
from fhir_mappers.datatypes import Labelled, Valued
from fhir_mappers.ordering import in_order
from fhir_mappers.record.answer import IMPRECISE
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.facts import OBSERVATIONS
from fhir_mappers.record.history import History, Unread
from fhir_mappers.shapes import Observation
from fhir_mappers.values import ValueReader
from fhir_mappers.wire import Placed

_FINAL = frozenset({"final", "amended", "corrected"})
_PRELIMINARY = "preliminary"


class Sample(msgspec.Struct, gc=False):
    """A result that waits to be read: the value, the code that told its concept, where and when it was found."""

    value: Valued
    token: str | None
    resource: str
    origin: str
    when: PartialDate
    provisional: bool = False


class Results(Mapping[str, History]):
    """Measurements by concept in the order of their resources, each read when it is first looked at."""

    __slots__ = ("_read", "_values", "_waiting")

    def __init__(self, coder: Coder) -> None:
        self._waiting: dict[str, list[Sample]] = {}
        self._read: dict[str, History] = {}
        self._values = ValueReader(coder)

    def __getitem__(self, concept: str) -> History:
        if concept not in self._read:
            self._read[concept] = self._put_in_order(concept, self._waiting[concept])
        return self._read[concept]

    def get(self, concept: str, default: Any = None) -> Any:
        """As every mapping has it; most concepts asked for are not there, and that should not cost an exception."""
        return self[concept] if concept in self._waiting else default

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._waiting))

    def __len__(self) -> int:
        return len(self._waiting)

    def file(self, understood: Understood, sample: Sample) -> None:
        """Keep a sample under each concept its code means; of several, a number goes to those that have units."""
        for concept in _meant(understood.concepts, sample.value):
            self._waiting.setdefault(concept, []).append(sample)

    def _put_in_order(self, concept: str, samples: list[Sample]) -> History:
        """By resource. The same resource sent twice is one fact; to tell, those of one name are read at once."""
        # Bound to the reader alone: what knows these results in turn would live on until the next garbage collection.
        read = partial(_measure, self._values, concept)
        samples.sort(key=_name)
        if len(set(map(_name, samples))) == len(samples):
            return History([Unread(sample.when, sample, read) for sample in samples])
        found: list[Measurement | Unread] = []
        for _, group in groupby(samples, key=_name):
            same = [Unread(sample.when, sample, read) for sample in group]
            found += same if len(same) == 1 else in_order([one.measurement() for one in same])
        return History(found)


_name = attrgetter("resource")


def _measure(values: ValueReader, concept: str, sample: Sample, when: PartialDate) -> Measurement:
    source = Source(sample.resource, sample.token, sample.origin)
    return values.read(concept, sample.value, source, when, provisional=sample.provisional)


def read_observations(sent: Sequence[Placed[Observation]], key: str, clerk: Clerk, results: Results) -> None:
    """File every observation whose code means something to us; the others are passed over.

    Results of one test share their code (``wire.Shared``), so each of those objects is looked at once. They are told
    apart by identity, which is theirs alone as long as ``sent`` holds them all: hence no iterator.
    """
    origin, is_patient = clerk.origins.get(key, "prefetch"), clerk.owner.is_patient
    meant: dict[int, Understood] = {}
    ours: dict[str | None, bool] = {}
    for index, url, observation in sent:
        code, who = observation.code, observation.subject
        understood, is_ours = meant.get(id(code)), ours.get(who.reference) if who is not None else True
        if understood is None:
            understood = meant[id(code)] = _understand(code, clerk)
        if is_ours is None and who is not None:
            is_ours = ours[who.reference] = is_patient(who)
        if understood.concepts or observation.component is not None or not is_ours:
            name = f"Observation/{observation.id}" if observation.id else url or f"{key}.entry[{index}]"
            if is_ours:
                _file(observation, understood, name, origin, clerk, results)
            else:
                clerk.is_ours(Place(OBSERVATIONS, name, origin), who)


def _understand(code: Labelled | None, clerk: Clerk) -> Understood:
    """What a code means; where it means nothing, its words are looked at."""
    understood = clerk.coder.codes(code)
    if not understood.concepts and code is not None:
        clerk.lookalikes.test(code)
    return understood


def _file(sent: Observation, understood: Understood, name: str, origin: str, clerk: Clerk, results: Results) -> None:
    parts = [(understood, sent)] if sent.component is None else _parts(sent, understood, clerk)
    if not parts:
        return
    status = sent.status
    if status not in _FINAL:
        status = clerk.status(Place(OBSERVATIONS, name, origin), status)
        if status not in _FINAL and status != _PRELIMINARY:
            return
    when = _when(sent)
    if when is None:
        clerk.note(Place(OBSERVATIONS, name, origin), IMPRECISE, "no date")
        return
    for meant, part in parts:
        results.file(meant, Sample(part, meant.token, name, origin, when, status == _PRELIMINARY))


def _parts(sent: Observation, understood: Understood, clerk: Clerk) -> list[tuple[Understood, Valued]]:
    """The observation's own value, unless it is a mere panel, and its components: those that mean something to us."""
    whole: list[tuple[Understood, Valued]] = [] if _has_no_value(sent) else [(understood, sent)]
    components = [(clerk.coder.codes(part.code), part) for part in sent.component or ()]
    return [(meant, part) for meant, part in (*whole, *components) if meant.concepts]


def _meant(concepts: tuple[str, ...], value: Valued) -> tuple[str, ...]:
    if len(concepts) == 1 or (value.value_quantity is None and value.value_integer is None):
        return concepts
    return tuple(concept for concept in concepts if units.canonical_unit(concept)) or concepts


def _has_no_value(sent: Valued) -> bool:
    """A panel: only components, no value of its own."""
    values = (sent.value_quantity, sent.value_codeable_concept, sent.value_integer, sent.value_boolean)
    return all(value is None for value in (*values, sent.value_date_time))


def _when(sent: Observation) -> PartialDate | None:
    quick = parse_date(sent.effective_date_time) if sent.effective_date_time else None
    return quick or date_of(*end_or_start(sent.effective_period), sent.effective_instant, sent.issued)
