"""What a finding asks for and somebody has asked for already: the result is awaited, and that is said."""

from collections.abc import Iterable, Iterator

from fhir_mappers.formulary import Formulary, default_formulary
from fhir_mappers.record.answer import UNOBTAINED, Evidence
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.proposals import Annotate, NewService, Proposal, RemoveDraft, StopOrder, Together
from hooks.check import Verdict


def awaited(verdict: Verdict, record: PatientRecord) -> tuple[Evidence, ...]:
    """The open requests for what is missing or would be ordered; each named after what it asks for.

    A request is open when it was written within the formulary's ``pending`` (d), is not closed, and no final result is
    as new as it. Data that were not sent are not awaited: nobody knows whether the result is there.
    """
    if not record.requests:
        return ()
    book = default_formulary()
    wanted = dict(_wanted(verdict, book))
    found: dict[str, Evidence] = {}
    for name, same in wanted.items():
        for request in record.awaited(same, book.pending):
            found.setdefault(request.source.resource, request.evidence(name))
    return tuple(found.values())


def _wanted(verdict: Verdict, book: Formulary) -> Iterator[tuple[str, frozenset[str]]]:
    """What is lacking or would be ordered: its name, and the concepts of a request for it."""
    yield from ((gap.what, frozenset({gap.what})) for gap in verdict.missing if gap.why not in UNOBTAINED)
    for key in _services(verdict.proposals):
        yield from ((item.key, item.same) for item in book.services[key])


def _services(proposals: Iterable[Proposal | Annotate | None]) -> Iterator[str]:
    """The services among the proposals, also those that are part of another one."""
    for proposal in proposals:
        match proposal:
            case NewService():
                yield from proposal.items
            case Together():
                yield from _services(proposal.parts)
            case RemoveDraft() | StopOrder():
                yield from _services((proposal.instead,))
            case _:
                pass
