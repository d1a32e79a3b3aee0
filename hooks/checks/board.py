"""The request to the bone tumour board: what it must contain, and which advice ends in one (family MDT)."""

from dataclasses import dataclass
from typing import Any

from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import ABSENT, Evidence, Missing, yes
from fhir_mappers.record.facts import ORDERS, STATEMENTS
from fhir_mappers.record.imaging import ever_told
from fhir_mappers.record.ordered import requested, running
from fhir_mappers.record.proposals import Annotate, NewService, Proposal, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, Outcome, PatientRecord, Verdict, judge, not_applicable, undecided

BOARD_ITEM = "bone_tumour_board"
BOARD = NewService((BOARD_ITEM,))
# Advice that ends with the board (four axes); those that propose it themselves are left alone.
TRIGGERS = ("DUR-STOP-01", "DUR-24M-01", "IMG-ISO-01", "IMG-FLARE-02", "IMG-TKI-01", "BIOP-PREOP-01")


@dataclass(frozen=True, slots=True)
class Referred:
    """For how long (d) a request to the board counts."""

    recent: Quantity


def refer(record: PatientRecord, limits: Referred, heard: Any) -> Verdict:
    """Advice that is the board's to give proposes to ask the board: an action inside the rule that found the reason.

    For whom  a rule of ``TRIGGERS`` fires
    Holds     it proposes the board itself, or the board has been asked within ``recent``
    Reads     ``heard``, the findings of the others, which a check may not import
    Units     days (UCUM d)
    Source    guidelines/board.toml [MDT-OOS-01]; a simple case has no trigger and no card (MDT-OOS-04)
    """
    firing = [f for f in heard.all if f.rule.id in TRIGGERS and f.verdict.outcome is Outcome.DUE]
    if not firing:
        return not_applicable()
    open_ = [f for f in firing if not any(map(_asks_the_board, f.verdict.proposals))]
    proofs = tuple(proof for f in firing for proof in f.verdict.evidence)
    if not open_:
        return judge(yes(*proofs), yes(*proofs), recent=limits.recent)
    asked = requested(record, (i.BOARD_REQUEST,), limits.recent)
    voice = open_[0].rule.id
    return judge(yes(*proofs), asked, proposals=(BOARD,), said_by=voice, recent=limits.recent)


def _asks_the_board(proposal: Proposal | Annotate) -> bool:
    asked = proposal.instead if isinstance(proposal, RemoveDraft) else proposal
    return isinstance(asked, NewService) and BOARD_ITEM in asked.items


@dataclass(frozen=True, slots=True)
class Request:
    """For how long (d) an answer on file may be reused."""

    reuse: Quantity


def eight_items(record: PatientRecord, limits: Request, draft: DraftOrder) -> Verdict:
    """A request to the bone tumour board tells eight things.

    For whom  the board is asked
    Holds     each is told by the request or in the form within ``reuse``; the pain also by a recorded type; drugs, bone
              drug and anticoagulant also by what the patient takes. Not to be found taking one is not said to take none
    Units     days (UCUM d)
    Unknown   items that nobody told, by name
    Source    guidelines/board.toml [MDT-OOS-02]
    """
    told = {item: _told(record, draft, item, limits) for item in i.BOARD_ITEMS}
    proofs = tuple(proof for found in told.values() for proof in found)
    if missing := tuple(Missing(item, ABSENT) for item, found in told.items() if not found):
        return undecided(missing, evidence=(draft.evidence("draft_order"), *proofs), reuse=limits.reuse)
    return judge(yes(draft.evidence("draft_order")), yes(*proofs), reuse=limits.reuse)


def _told(record: PatientRecord, draft: DraftOrder, item: str, limits: Request) -> tuple[Evidence, ...]:
    """Where an item is told: in the request, in an answer, or by the record."""
    own = draft.details.get(item)
    if own is not None and own.told:
        return (own.evidence(),)
    return ever_told(record, item, limits.reuse) or _prefilled(record, item, limits)


def _prefilled(record: PatientRecord, item: str, limits: Request) -> tuple[Evidence, ...]:
    if item == "board_pain":
        return ever_told(record, i.PAIN_MECHANISM, limits.reuse)
    if item == "board_current_drugs":
        taken = [o for o in record.courses if o.status == "active"]
        return record.any_of(taken[:1], ORDERS, STATEMENTS, what=item).evidence
    if item == "board_anticoagulants":
        return tuple(o.evidence(item) for o in running(record, i.ANTICOAGULANTS)[:1])
    return record.treated().evidence[:1] if item == "board_bone_drug" and record.treated().is_yes else ()
