"""The checks of oligometastatic disease, in the order of their findings."""

from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_oligo as o
from fhir_mappers.record.drafting import is_zoledronate_or_denosumab
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.facts import ANSWERS, CONDITIONS, PROCEDURES, REPORTS, SERVICES
from hooks.check import Check, Unlimited
from hooks.checks import oligometastatic
from hooks.reads import observed


def is_radiotherapy(draft: DraftOrder) -> bool:
    """A request for radiotherapy of any kind."""
    return not draft.stops and draft.is_any(c.RADIOTHERAPY)


ABLATION = (PROCEDURES, REPORTS, ANSWERS, *observed(c.DISEASE_EXTENT, o.INTENT))

OLIGO_CHECKS: tuple[Check, ...] = (
    Check(
        "OLIGO-MDT-01",
        oligometastatic.validated,
        oligometastatic.Validated,
        "ablation",
        (*ABLATION, SERVICES),
        is_radiotherapy,
    ),
    Check(
        "OLIGO-STAGE-01",
        oligometastatic.work_up,
        oligometastatic.WorkUp,
        "ablation",
        ABLATION,
        is_radiotherapy,
    ),
    Check(
        "OLIGO-DEF-01",
        oligometastatic.definition,
        oligometastatic.Definition,
        "oligometastatic",
        (ANSWERS, *observed(*o.DEFINITION)),
    ),
    Check(
        "OLIGO-DEF-02",
        oligometastatic.category,
        oligometastatic.Categories,
        "oligometastatic",
        (ANSWERS, *observed(*o.CATEGORY)),
    ),
    Check(
        "OLIGO-COUNT-01",
        oligometastatic.count,
        Unlimited,
        "oligometastatic",
        (ANSWERS, *observed(*o.COUNTED)),
    ),
    Check(
        "OLIGO-BONE-01",
        oligometastatic.bone_drug,
        Unlimited,
        "zoledronate",
        (CONDITIONS, *observed(c.DISEASE_EXTENT)),
        is_zoledronate_or_denosumab,
    ),
)
