"""Which assessment of a lesion a planned act goes by: of several forms the newest that may be about the same place."""

from dataclasses import replace

from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.answer import Known, Missing
from fhir_mappers.record.assessment import Sheet, sheets
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.facts import Facts
from fhir_mappers.record.ordered import sites_of
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.record.sites import overlap, recorded
from fhir_mappers.record.spine import in_spine

_LIMB = (*f.MIRELS_ITEMS, f.MIRELS_TOTAL)
_SPINE = (*f.SINS_ITEMS, f.SINS_TOTAL)


def limb_sheet(record: Facts, draft: DraftOrder | None, within: Quantity | None = None) -> Sheet | None:
    """The Mirels assessment of the bone that is treated, the newest one where no act is planned; an empty one where
    nobody assessed it yet, None where those on file are about another bone. ``within`` is how old (d) it may be.
    """
    found = sheets(record, *_LIMB, draft=draft, within=within)
    if draft is None:
        return found[0]
    told = (_own_total(form, draft, f.MIRELS_TOTAL, f.MIRELS_ITEMS) for form in found)
    return next((form for form in told if _is_this_limb(draft, form)), None)


def spine_sheet(record: Facts, draft: DraftOrder | None, within: Quantity | None = None) -> Sheet | None:
    """The SINS assessment of the levels that are treated, as :func:`limb_sheet`."""
    found = sheets(record, *_SPINE, draft=draft, within=within)
    if draft is None:
        return found[0]
    told = (_own_total(form, draft, f.SINS_TOTAL, f.SINS_ITEMS) for form in found)
    return next((form for form in told if _is_these_levels(draft, form)), None)


def beyond_limbs(form: Sheet) -> bool:
    """The lesion scored lies in the spine or the pelvis, for which Mirels is not made."""
    site = form.chosen(f.MIRELS_SITE)
    return isinstance(site, Known) and not set(site.value).isdisjoint(f.NO_LONG_BONE)


def _is_this_limb(draft: DraftOrder, form: Sheet) -> bool:
    """The act may be of the bone that was scored: a draft without a site may be of any limb."""
    sites, scored = sites_of(draft), form.chosen(f.MIRELS_SITE)
    if beyond_limbs(form) or not recorded(sites):
        return not beyond_limbs(form)
    if isinstance(scored, Missing):
        return not set(sites).isdisjoint((*f.UPPER_LIMB, *f.LOWER_LIMB))
    limb = f.UPPER_LIMB if set(scored.value) <= set(f.MIRELS_UPPER) else f.LOWER_LIMB
    return not set(sites).isdisjoint(limb)


def _is_these_levels(draft: DraftOrder, form: Sheet) -> bool:
    """The act may be of the levels that were scored: a draft without a site, or without a level, may be."""
    if in_spine(draft) is False:
        return False
    levels = form.chosen(f.SINS_LOCATION)
    return isinstance(levels, Missing) or overlap(sites_of(draft), levels.value) is not False


def _own_total(form: Sheet, draft: DraftOrder, total: str, items: tuple[str, ...]) -> Sheet:
    """A total the order tells without any item is newer than the items of a form: they no longer count beside it."""
    site, *others = items
    if total not in draft.details or any(item in draft.details for item in others):
        return form
    kept = {item: told for item, told in form.answers.items() if item in (site, total)}
    return replace(form, answers=kept)
