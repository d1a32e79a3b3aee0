"""Which drafts a check of cementoplasty or bone surgery is asked about: acts, and the drugs to stop before them."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.events import DraftOrder


def is_cementoplasty(draft: DraftOrder) -> bool:
    """A request or an appointment for a cementoplasty."""
    return not draft.stops and draft.is_any(ci.CEMENTOPLASTY)


def is_act_at_risk(draft: DraftOrder) -> bool:
    """A request or an appointment for a cementoplasty, surgery or biopsy of a bone."""
    return not draft.stops and draft.is_any(ci.PROCEDURES_AT_RISK)


def concerns_bridge(draft: DraftOrder) -> bool:
    """A cementoplasty, a vitamin K antagonist or a heparin of low weight."""
    drug = draft.is_any((*ci.VITAMIN_K_ANTAGONISTS, *ci.LOW_WEIGHT_HEPARINS, ci.HEPARIN_GROUP))
    return is_cementoplasty(draft) or (drug and not draft.stops)


def concerns_direct_anticoagulant(draft: DraftOrder) -> bool:
    """A cementoplasty or a direct oral anticoagulant."""
    return is_cementoplasty(draft) or (draft.is_any(ci.DIRECT_ANTICOAGULANTS) and not draft.stops)


def concerns_clopidogrel(draft: DraftOrder) -> bool:
    """A cementoplasty or clopidogrel."""
    return is_cementoplasty(draft) or (draft.is_any(ci.CLOPIDOGREL) and not draft.stops)


def concerns_aspirin(draft: DraftOrder) -> bool:
    """A cementoplasty or aspirin."""
    return is_cementoplasty(draft) or (draft.is_any(ci.ASPIRIN) and not draft.stops)


def waits_for_healing(draft: DraftOrder) -> bool:
    """A cytotoxic drug or radiotherapy: what may be resumed after surgery."""
    return not draft.stops and draft.is_any((*ci.CYTOTOXICS, *c.RADIOTHERAPY))
