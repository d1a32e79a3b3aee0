"""The checks of the tumour board and oligometastatic disease, in the order of their findings.

The request to the board comes first; the quality requirements concern whoever has lung cancer.
"""

from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record import imaging as drafts
from fhir_mappers.record.facts import CARE_PLANS, CONDITIONS, ORDERS, PROCEDURES, REPORTS, SERVICES, STATEMENTS
from hooks.check import Check
from hooks.checks import board, board_quality
from hooks.reads import HABITS, TREATMENT, observed
from hooks.registry_oligometastatic import OLIGO_CHECKS

ACTS = (PROCEDURES, REPORTS)

BOARD_CHECKS: tuple[Check, ...] = (
    Check(
        "MDT-OOS-02",
        board.eight_items,
        board.Request,
        "board",
        (*TREATMENT, *observed(*i.BOARD_ITEMS, i.PAIN_MECHANISM)),
        drafts.is_board_request,
    ),
    # quality requirements, for whoever has lung cancer: at a discharge, passive
    Check("MDT-QUAL-01", board_quality.discussion_and_letter, board_quality.Letter, "quality", (*ACTS, CONDITIONS)),
    Check(
        "MDT-QUAL-03",
        board_quality.smoking,
        board_quality.Tobacco,
        "quality",
        (*ACTS, *HABITS[:2], SERVICES, CARE_PLANS, ORDERS, STATEMENTS),
    ),
    Check(
        "MDT-QUAL-04",
        board_quality.pain_and_support,
        board_quality.Comfort,
        "quality",
        (*ACTS, CONDITIONS, SERVICES, CARE_PLANS, ORDERS, STATEMENTS, *observed(i.PAIN_SCORE, i.ANALGESIC_STEP)),
    ),
    *OLIGO_CHECKS,
)

# what the others found, where it is the board's to settle
REFERRAL = Check("MDT-OOS-01", board.refer, board.Referred, "board", (SERVICES,), sums_up=True)
