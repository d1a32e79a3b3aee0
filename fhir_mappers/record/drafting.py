"""Which drafts a check is asked about: by substance, by use (catalogue P7), and whether they stop a treatment."""

from collections.abc import Iterable

from fhir_mappers.record import concepts as c
from fhir_mappers.record.concepts import CALCIUM_DRUGS
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Product, Use

NEPHROTOXIC_CHEMOTHERAPY = (*c.PLATINUM, c.PEMETREXED)
_OTHER_KINASE_INHIBITORS = (*c.CDK_INHIBITORS, *c.ANTI_ANGIOGENICS)
_VITAMIN_D_OR_CALCIUM = (*c.VITAMIN_D_DRUGS, *CALCIUM_DRUGS)


def is_oncology(draft: DraftOrder) -> bool:
    """A live draft of an oncology antiresorptive."""
    return not draft.stops and draft.product is not None and draft.product.use is Use.ONCOLOGY


def drafted(drafts: Iterable[DraftOrder], substance: str, use: Use | None = None) -> tuple[DraftOrder, ...]:
    """The live drafts of one antiresorptive substance, of one use or of any."""
    return tuple(d for d in drafts if not d.stops and fits(d.product, (substance,), use))


def fits(product: Product | None, substances: tuple[str, ...], use: Use | None) -> bool:
    """Whether a product is one of the substances (any when none is named) and of the use (any when None)."""
    if product is None or (use is not None and product.use is not use):
        return False
    return not substances or product.substance in substances


def is_zoledronate_oncology(draft: DraftOrder) -> bool:
    """A live draft of the oncology product."""
    return is_zoledronate(draft) and draft.product is not None and draft.product.use is Use.ONCOLOGY


def is_zoledronate(draft: DraftOrder) -> bool:
    """A live draft of any zoledronic acid."""
    return not draft.stops and draft.product is not None and draft.product.substance == ZOLEDRONATE


def is_not_oncology_zoledronate(draft: DraftOrder) -> bool:
    """A live draft of zoledronic acid that is not the oncology product."""
    return is_zoledronate(draft) and not is_zoledronate_oncology(draft)


def is_intravenous_bisphosphonate(draft: DraftOrder) -> bool:
    """A live draft of an intravenous bisphosphonate."""
    return (
        not draft.stops and draft.product is not None and draft.product.intravenous and draft.product.is_bisphosphonate
    )


def is_denosumab(draft: DraftOrder) -> bool:
    """A live draft of any denosumab."""
    return not draft.stops and draft.product is not None and draft.product.substance == DENOSUMAB_INGREDIENT


def is_denosumab_oncology(draft: DraftOrder) -> bool:
    """A live draft of the oncology product."""
    return is_denosumab(draft) and draft.product is not None and draft.product.use is Use.ONCOLOGY


def is_not_oncology_denosumab(draft: DraftOrder) -> bool:
    """A live draft of denosumab that is not the oncology product."""
    return is_denosumab(draft) and not is_denosumab_oncology(draft)


def is_denosumab_maybe_oncology(draft: DraftOrder) -> bool:
    """A live draft of denosumab that is or may be the oncology product."""
    return is_denosumab(draft) and draft.product is not None and draft.product.use is not Use.OSTEOPOROSIS


def is_maybe_oncology(draft: DraftOrder) -> bool:
    """A live draft of an antiresorptive that is, or may be, an oncology product."""
    return not draft.stops and draft.product is not None and draft.product.use is not Use.OSTEOPOROSIS


def is_calcium(draft: DraftOrder) -> bool:
    """A live draft of calcium, alone or with vitamin D."""
    return not draft.stops and draft.is_any(CALCIUM_DRUGS)


def is_vitamin_d_or_calcium(draft: DraftOrder) -> bool:
    """A live draft of vitamin D or of calcium; an antiresorptive that contains some is none."""
    return not draft.stops and draft.product is None and draft.is_any(_VITAMIN_D_OR_CALCIUM)


def is_ergocalciferol(draft: DraftOrder) -> bool:
    """A live draft of vitamin D2 alone."""
    return not draft.stops and draft.is_any(c.ERGOCALCIFEROL) and not draft.is_any("cholecalciferol")


def is_zoledronate_or_denosumab(draft: DraftOrder) -> bool:
    """A live draft of zoledronic acid or denosumab that is, or may be, the oncology product."""
    product = draft.product
    known = product is not None and product.substance in (ZOLEDRONATE, DENOSUMAB_INGREDIENT)
    return known and not draft.stops and product is not None and product.use is not Use.OSTEOPOROSIS


def stops_denosumab(draft: DraftOrder) -> bool:
    """A draft that stops oncology denosumab, or stops an antiresorptive without saying which."""
    if not draft.stops:
        return False
    if draft.product is None:
        return draft.is_any("antiresorptive_discontinuation")
    return draft.product.substance == DENOSUMAB_INGREDIENT and draft.product.use is not Use.OSTEOPOROSIS


def is_platinum_or_pemetrexed(draft: DraftOrder) -> bool:
    """A live draft of a platinum salt or pemetrexed."""
    return not draft.stops and draft.is_any(NEPHROTOXIC_CHEMOTHERAPY)


def is_kinase_inhibitor(draft: DraftOrder) -> bool:
    """A live draft of an EGFR or ALK inhibitor, or of a kinase inhibitor that is coded only as such: no CDK4/6
    inhibitor and no anti-angiogenic.
    """
    unnamed = draft.is_any(c.ANY_KINASE_INHIBITOR) and not draft.is_any(_OTHER_KINASE_INHIBITORS)
    return not draft.stops and (unnamed or draft.is_any(c.KINASE_INHIBITORS))


def stops_antiresorptive(draft: DraftOrder) -> bool:
    """A draft that stops an oncology antiresorptive, or an antiresorptive without saying which."""
    if not draft.stops:
        return False
    if draft.product is None:
        return draft.is_any("antiresorptive_discontinuation")
    return draft.product.use is not Use.OSTEOPOROSIS


def removes_a_tooth(draft: DraftOrder) -> bool:
    """A request or an appointment for a tooth extraction or a dental implant."""
    return not draft.stops and draft.is_any(("tooth_extraction", "dental_implant"))


def is_ctx_sample(draft: DraftOrder) -> bool:
    """A request or an appointment for a CTX."""
    return not draft.stops and draft.is_any("ctx_serum")
