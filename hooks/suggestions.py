"""What a clinician can take with one click: the proposals of a card's findings as suggestions with FHIR actions."""

from collections.abc import Iterable, Iterator

from msgspec import structs
from msgspec.structs import replace

from fhir_mappers.draft_edits import drug_names
from fhir_mappers.orders import OrderContext, Step, steps
from fhir_mappers.record.proposals import (
    AddRemark,
    Annotate,
    HoldDraft,
    MoveVisit,
    NewCondition,
    NewMedication,
    NewService,
    PostponeDraft,
    Proposal,
    RecordTaking,
    RemoveDraft,
    SetDetail,
    SetDose,
    SetInfusionTime,
    StopOrder,
    Together,
)
from hooks.check import Outcome
from hooks.evaluate import Finding
from hooks.response import Action, ActionType, SelectionBehavior, Suggestion
from hooks.texts import Speaker, clip

_Edit = SetDose | SetInfusionTime | PostponeDraft


def suggestions(findings: Iterable[Finding], context: OrderContext, speaker: Speaker) -> tuple[Suggestion, ...]:
    """Suggestions of one card, in the order of its findings, each proposal and each service once; the first of them is
    the recommended one.

    Edits of the same draft are merged into one suggestion: an update carries the whole order, so two of them would
    undo each other. A finding that lacks data proposes nothing (catalogue P16: no verdict).
    """
    firing = (f.verdict.proposals for f in findings if f.verdict.outcome is Outcome.DUE)
    proposals = _annotated(dict.fromkeys(p for found in firing for p in found))
    made: list[Suggestion] = []
    for group in _grouped([p for p in proposals if not _is_drafted(p, context)]):
        taken, done = _apply(group, context)
        if done:
            made.append(_suggestion(taken, done, speaker, recommended=not made))
    return tuple(made)


def selection_behavior(found: tuple[Suggestion, ...]) -> SelectionBehavior | None:
    """``at-most-one`` when suggestions exclude each other: two that change orders, one that removes an order, two
    drugs. ``any`` when all only add, or one change goes with what is asked for besides.
    """
    if not found:
        return None
    changing = [s for s in found if any(action.type is not ActionType.CREATE for action in s.actions or ())]
    removes = any(action.type is ActionType.DELETE for s in found for action in s.actions or ())
    alternatives = sum(_drafts_medication(s) for s in found if s not in changing) > 1
    exclusive = removes or alternatives or len(changing) > 1 or len(changing) == len(found)
    return SelectionBehavior.AT_MOST_ONE if exclusive else SelectionBehavior.ANY


def _drafts_medication(suggestion: Suggestion) -> bool:
    """An order, or the note that makes one needless."""
    kinds = ("MedicationRequest", "MedicationStatement")
    return any((a.resource or {}).get("resourceType") in kinds for a in suggestion.actions or ())


def _each_service_once(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """The proposals, without the services that an earlier one requests."""
    seen: set[str] = set()
    for proposal in proposals:
        if not isinstance(proposal, NewService):
            yield proposal
        elif items := tuple(item for item in proposal.items if item not in seen):
            seen.update(items)
            yield structs.replace(proposal, items=items)


def _annotated(found: Iterable[Proposal | Annotate]) -> Iterator[Proposal]:
    """The proposals, each service once, with the notes on the services asked for; a note alone is no proposal."""
    everything = tuple(found)
    notes = tuple(p for p in everything if isinstance(p, Annotate))
    for proposal in _each_service_once(p for p in everything if not isinstance(p, Annotate)):
        wanted = tuple(note for note in notes if isinstance(proposal, NewService) and note.item in proposal.items)
        yield structs.replace(proposal, notes=wanted) if isinstance(proposal, NewService) and wanted else proposal


def _is_drafted(proposal: Proposal, context: OrderContext) -> bool:
    """Whether the drug it would draft is being ordered already; the order it removes does not count."""
    removed = proposal.draft if isinstance(proposal, RemoveDraft) else None
    new = proposal.instead if isinstance(proposal, RemoveDraft | StopOrder) else proposal
    others = (draft for draft in context.drafts if draft is not removed and not draft.stops)
    return isinstance(new, NewMedication) and any(new.item in drug_names(draft) for draft in others)


def _grouped(proposals: list[Proposal]) -> list[tuple[Proposal, ...]]:
    """Edits of one draft together, where the first of them stood, unless they contradict each other; the rest alone."""
    groups: list[list[Proposal]] = []
    for proposal in proposals:
        fitting = next((group for group in groups if _can_join(proposal, group)), None)
        if fitting is None:
            groups.append([proposal])
        else:
            fitting.append(proposal)
    return [tuple(group) for group in groups]


def _can_join(proposal: Proposal, group: list[Proposal]) -> bool:
    """Two edits of the same order that change different elements of it."""
    return isinstance(proposal, _Edit) and all(
        isinstance(other, _Edit) and other.draft is proposal.draft and _changed(other).isdisjoint(_changed(proposal))
        for other in group
    )


def _changed(edit: _Edit) -> set[str]:
    return {name for name in ("dose", "interval", "route", "time", "to") if getattr(edit, name, None) is not None}


def _apply(group: tuple[Proposal, ...], context: OrderContext) -> tuple[tuple[Proposal, ...], tuple[Step, ...]]:
    """What could be carried out of a group, and its steps; several edits of a draft are one step."""
    if len(group) == 1:
        return group, steps(group[0], context)
    taken: list[Proposal] = []
    done: list[Step] = []
    for edit in (each for each in group if isinstance(each, _Edit)):
        raw = done[-1].resource if done else None
        draft = structs.replace(edit.draft, raw=raw) if raw is not None else edit.draft
        made = steps(structs.replace(edit, draft=draft), context)
        taken += [edit] if made else []
        done += made
    if len(done) < 2:
        return tuple(taken), tuple(done)
    whole = {name: value for step in done for name, value in step.figures.items() if value}
    return tuple(taken), (replace(done[-1], words="action-change", figures=whole),)


def _suggestion(
    group: tuple[Proposal, ...], done: tuple[Step, ...], speaker: Speaker, *, recommended: bool
) -> Suggestion:
    label = f" {speaker.word('and')} ".join(_label(proposal, done, speaker) for proposal in group)
    return Suggestion(
        label=clip(label[:1].upper() + label[1:], 100),
        is_recommended=True if recommended else None,
        actions=tuple(_action(step, speaker) for step in done),
    )


def _action(step: Step, speaker: Speaker) -> Action:
    figures = {name: value for name, value in step.figures.items() if value is not None}
    said = speaker.word(step.words, **{k: v for k, v in figures.items() if not isinstance(v, bool)})
    if figures.get("text_to_check"):
        said = f"{said}. {speaker.word('check-free-text')}"
    return Action(type=ActionType(step.type), description=said, resource=step.resource, resource_id=step.reference)


def _label(proposal: Proposal, done: tuple[Step, ...], speaker: Speaker) -> str:
    """What is carried out, which may be less than what was proposed."""
    say = speaker.word
    if isinstance(proposal, SetDose):
        return _edit_label(proposal, speaker)
    if isinstance(proposal, SetInfusionTime):
        return say("label-infusion", time=proposal.time)
    if isinstance(proposal, PostponeDraft):
        return say("label-postpone", to=proposal.to)
    if isinstance(proposal, NewMedication):
        return _medication_label("label-new", proposal, speaker)
    if isinstance(proposal, NewService):
        asked = [step for step in done if step.words.startswith("action-service")]  # among the steps of a Together
        items = speaker.figures.join([speaker.figures.show(step.figures["name"]) for step in asked])
        return f"{say('label-order')} {items}" + (f" {say('label-for', day=proposal.on)}" if proposal.on else "")
    if isinstance(proposal, HoldDraft):
        return say("label-hold")
    if isinstance(proposal, NewCondition):
        key = "label-condition" if proposal.certainty == "confirmed" else "label-condition-suspected"
        return f"{say(key)} {speaker.figures.name(proposal.item)}"
    if isinstance(proposal, MoveVisit):
        return say("label-move")
    if isinstance(proposal, RecordTaking):
        return f"{say('label-taking')} {speaker.figures.name(proposal.item)}"
    if isinstance(proposal, SetDetail):
        return f"{say('label-detail')} {speaker.figures.name(proposal.answer)}"
    if isinstance(proposal, AddRemark):
        return say("label-remark")
    if isinstance(proposal, Together):
        return _together_label(proposal, done, speaker)
    return _ending_label(proposal, done, speaker)


def _ending_label(proposal: RemoveDraft | StopOrder, done: tuple[Step, ...], speaker: Speaker) -> str:
    """What is removed or stopped, and what comes instead."""
    say = speaker.word
    key = "label-remove" if isinstance(proposal, RemoveDraft) else "label-stop"
    if proposal.instead is None:
        return say(key) if isinstance(proposal, RemoveDraft) else _stop_label(done, speaker)
    if isinstance(proposal.instead, NewService):
        items = speaker.figures.join([speaker.figures.name(item) for item in proposal.instead.items])
        visit = proposal.draft.kind == "Appointment"
        return f"{say('label-visit-instead' if visit else 'label-remove-instead')} {items}"
    nothing_ended = done[0].words.startswith("action-new")
    return _medication_label("label-new" if nothing_ended else f"{key}-instead", proposal.instead, speaker)


def _stop_label(done: tuple[Step, ...], speaker: Speaker) -> str:
    """Names what is stopped: on a card about calcium it is the supplement, not the antiresorptive."""
    stopped = [speaker.figures.show(step.figures["name"]) for step in done if step.words == "action-stop"]
    names = speaker.figures.join(list(dict.fromkeys(stopped)))
    return f"{speaker.word('label-stop-of')} {names}" if stopped else speaker.word("label-stop")


def _together_label(proposal: Together, done: tuple[Step, ...], speaker: Speaker) -> str:
    if proposal.title:
        return speaker.word(proposal.title)
    return speaker.figures.join([_label(part, done, speaker) for part in proposal.parts])


def _edit_label(edit: SetDose, speaker: Speaker) -> str:
    parts = []
    if edit.dose is not None:
        parts.append(speaker.word("label-dose", dose=edit.dose))
    if edit.interval is not None:
        parts.append(speaker.word("label-interval", interval=edit.interval))
    if edit.route is not None:
        parts.append(speaker.word("label-route", route=speaker.figures.name(edit.route)))
    return f" {speaker.word('and')} ".join(parts)


def _medication_label(key: str, item: NewMedication, speaker: Speaker) -> str:
    label = f"{speaker.word(key)} {speaker.figures.name(item.item)}"
    if item.dose is not None:
        label += f" {speaker.figures.show(item.dose)}"
    return label + (f" {speaker.word('label-for', day=item.on)}" if item.on is not None else "")
