"""The checks of fracture risk and the spine, in the order of their findings."""

from fhir_mappers.record import concepts_fracture as f
from fhir_mappers.record.facts import ANSWERS, APPOINTMENTS, CARE_PLANS, CONDITIONS, PROCEDURES, REPORTS, SERVICES
from fhir_mappers.record.spine import images_spine, operates_on_spine
from hooks.check import Check, Unlimited
from hooks.checks import fracture, mirels, sins, spine, spine_surgery
from hooks.reads import LIMB, STABILITY, SURVIVAL, observed

STEPS = (PROCEDURES, REPORTS, SERVICES, APPOINTMENTS)
NEW_DEFICIT = (ANSWERS, *observed(f.FRANKEL, f.MOTOR))
CANDIDATE = (ANSWERS, *SURVIVAL, *observed(*f.CANDIDATE, *f.KARNOFSKY, f.MUTATION))

FRACTURE_CHECKS: tuple[Check, ...] = (
    # the cord first
    Check(
        "SPINE-MSCC-01",
        spine.cord_compression,
        spine.Pathway,
        "cord",
        (
            *(CONDITIONS, CARE_PLANS, *STEPS, *NEW_DEFICIT),
            *observed(f.SPHINCTER, f.DEFICIT_ONSET, f.DECISION, "mri_extent", "mri_contraindicated"),
        ),
    ),
    Check("FRAC-FRANKEL-01", spine.frankel, spine.Frankel, "cord", (*NEW_DEFICIT, *observed(f.SENSORY))),
    # the spine: stable or not, likely to break or not
    Check("FRAC-SINS-02", sins.surgeon, sins.Stability, "spine", (*STABILITY, *STEPS)),
    Check("FRAC-SINS-01", sins.calculator, sins.Calculator, "spine", STABILITY),
    Check(
        "FRAC-VERT-01",
        sins.osteolysis,
        sins.Osteolysis,
        "spine",
        (ANSWERS, SERVICES, *observed(f.BODY_INVOLVEMENT, f.LEVEL, *f.SINS_ITEMS)),
    ),
    Check("FRAC-PILLAR-01", sins.pillars, sins.Pillars, "spine", (ANSWERS, *observed(*f.PILLARS))),
    # long bones
    Check(
        "FRAC-MIRELS-04",
        mirels.fixation_first,
        mirels.Fixation,
        "limb",
        (*LIMB, *SURVIVAL, *STEPS, *observed("rt_post_operative", "rt_intent")),
    ),
    Check("FRAC-MIRELS-03", mirels.doubtful, mirels.Board, "limb", (*LIMB, SERVICES)),
    Check("FRAC-CORT-01", fracture.cortex, fracture.Cortex, "limb", (*LIMB, SERVICES, *observed(*f.CORTEX))),
    Check("FRAC-MIRELS-02", mirels.low_risk, mirels.Low, "limb", LIMB),
    Check("FRAC-MIRELS-01", mirels.calculator, mirels.Calculator, "limb", LIMB),
    # surgery of the spine
    Check(
        "SPINE-CI-01",
        spine_surgery.contraindicated,
        spine_surgery.Candidate,
        "spine-surgery",
        (CONDITIONS, *CANDIDATE),
    ),
    Check(
        "SPINE-RTPRE-01",
        spine_surgery.irradiated_before,
        Unlimited,
        "spine-surgery",
        (PROCEDURES,),
        operates_on_spine,
    ),
    Check(
        "SPINE-DEC-01",
        spine_surgery.criteria,
        spine_surgery.Decision,
        "spine-surgery",
        (*CANDIDATE, *STABILITY[1:], *observed(f.FRANKEL)),
    ),
    Check("SPINE-POSTRT-01", spine_surgery.irradiated_after, spine_surgery.Operated, "spine-surgery", (PROCEDURES,)),
    # what an examination or a request must tell
    Check(
        "SPINE-NEURO-01",
        spine.neurology_told,
        Unlimited,
        "spine",
        (ANSWERS, CONDITIONS, *observed(*f.NEUROLOGY)),
    ),
    Check("SPINE-MRI-01", spine.whole_spine, Unlimited, "spine", (), images_spine),
    # obsolete, for the record
    Check(
        "FRAC-TOKU-01",
        fracture.historical,
        fracture.Historical,
        "tokuhashi",
        (ANSWERS, CONDITIONS, *observed(*f.TOKUHASHI_ITEMS)),
    ),
)
