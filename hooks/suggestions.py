"""What a clinician can take with one click: the proposals of a card's findings as suggestions with FHIR actions."""

from collections.abc import Iterable
from dataclasses import replace

from fhir_mappers.orders import OrderContext, Step, steps
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.proposals import (
    HoldDraft,
    NewMedication,
    NewService,
    PostponeDraft,
    Proposal,
    RecordTaking,
    RemoveDraft,
    SetDose,
    SetInfusionTime,
    Together,
)
from hooks.evaluate import Finding
from hooks.response import Action, ActionType, SelectionBehavior, Suggestion
from hooks.texts import Speaker, clip

_Edit = SetDose | SetInfusionTime | PostponeDraft


def suggestions(findings: Iterable[Finding], context: OrderContext, speaker: Speaker) -> tuple[Suggestion, ...]:
    """Suggestions of one card, in the order of its findings, each proposal once.

    Edits of the same draft are merged into one suggestion: an update carries the whole order, so two of them would
    undo each other. The first suggestion of a card that fires is the recommended one.
    """
    proposals = list(dict.fromkeys(p for f in findings for p in f.verdict.proposals))
    made: list[Suggestion] = []
    for group in _grouped(proposals):
        done = _apply(group, context)
        if done:
            made.append(_suggestion(group, done, speaker, recommended=not made))
    return tuple(made)


def selection_behavior(found: tuple[Suggestion, ...]) -> SelectionBehavior | None:
    """``at-most-one`` when a suggestion changes an order (they exclude each other), ``any`` when all only add."""
    if not found:
        return None
    changes = any(action.type is not ActionType.CREATE for s in found for action in s.actions or ())
    alternatives = sum(_drafts_medication(s) for s in found) > 1
    return SelectionBehavior.AT_MOST_ONE if changes or alternatives else SelectionBehavior.ANY


def _drafts_medication(suggestion: Suggestion) -> bool:
    """An order, or the note that makes one needless."""
    kinds = ("MedicationRequest", "MedicationStatement")
    return any((a.resource or {}).get("resourceType") in kinds for a in suggestion.actions or ())


def _grouped(proposals: list[Proposal]) -> list[tuple[Proposal, ...]]:
    """Edits of one draft together, where the first of them stood; everything else alone."""
    groups: dict[object, list[Proposal]] = {}
    for index, proposal in enumerate(proposals):
        key = ("edit", proposal.draft.source.resource) if isinstance(proposal, _Edit) else index
        groups.setdefault(key, []).append(proposal)
    return [tuple(group) for group in groups.values()]


def _apply(group: tuple[Proposal, ...], context: OrderContext) -> tuple[Step, ...]:
    if len(group) == 1 or not isinstance(group[0], _Edit):
        return steps(group[0], context)
    draft: DraftOrder = group[0].draft
    done: tuple[Step, ...] = ()
    for edit in group:
        if isinstance(edit, _Edit):
            done = steps(replace(edit, draft=draft), context) or done
            draft = replace(draft, raw=done[-1].resource or draft.raw) if done else draft
    return done


def _suggestion(
    group: tuple[Proposal, ...], done: tuple[Step, ...], speaker: Speaker, *, recommended: bool
) -> Suggestion:
    label = f" {speaker.word('and')} ".join(_label(proposal, speaker) for proposal in group)
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


def _label(proposal: Proposal, speaker: Speaker) -> str:
    say, name = speaker.word, speaker.figures.name
    if isinstance(proposal, SetDose):
        return _edit_label(proposal, speaker)
    if isinstance(proposal, SetInfusionTime):
        return say("label-infusion", time=proposal.time)
    if isinstance(proposal, PostponeDraft):
        return say("label-postpone", to=proposal.to)
    if isinstance(proposal, NewMedication):
        return _medication_label("label-new", proposal, speaker)
    if isinstance(proposal, NewService):
        items = speaker.figures.join([name(item) for item in proposal.items])
        return f"{say('label-order')} {items}" + (f" {say('label-for', day=proposal.on)}" if proposal.on else "")
    if isinstance(proposal, HoldDraft):
        return say("label-hold")
    if isinstance(proposal, RecordTaking):
        return f"{say('label-taking')} {name(proposal.item)}"
    if isinstance(proposal, Together):
        parts = [_label(part, speaker) for part in proposal.parts]
        return say(proposal.title) if proposal.title else speaker.figures.join(parts)
    key = "remove" if isinstance(proposal, RemoveDraft) else "stop"
    if proposal.instead is None:
        return say(f"label-{key}")
    if isinstance(proposal.instead, NewService):
        return f"{say(f'label-{key}-instead')} {speaker.figures.join([name(item) for item in proposal.instead.items])}"
    return _medication_label(f"label-{key}-instead", proposal.instead, speaker)


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
