"""Code and text to concept: the aliases a reader must accept, and the traps in which a near code would do harm."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappers.local_codes import BadCodeMap, with_local_codes
from fhir_mappers.terminology import (
    ATC,
    BRAND_SYSTEM,
    CCAM,
    HCPCS,
    ICD10,
    ICD10CM,
    LOCAL_SYSTEM,
    LOINC,
    RXNORM,
    SNOMED,
    Coding,
    Row,
    Terminology,
    canonical_system,
    default_terminology,
)

T = default_terminology()
SYSTEMS = {"LOINC": LOINC, "SCT": SNOMED, "RX": RXNORM, "ATC": ATC, "ICD": ICD10, "CM": ICD10CM, "HCPCS": HCPCS}
SYSTEMS |= {"CCAM": CCAM, "local": LOCAL_SYSTEM, "brand": BRAND_SYSTEM}

# system | code | means | never means
TRAPS = """
RX     | 1114085     | zoledronic_acid_4mg             | zoledronic_acid_5mg              # 0.04 mg/mL: one digit apart
RX     | 705824      | zoledronic_acid_5mg             | zoledronic_acid_4mg              # 0.05 mg/mL
RX     | 77655       | zoledronic_acid                 | zoledronic_acid_4mg              # ingredient: no strength
ATC    | M05BA08     | zoledronic_acid                 | zoledronic_acid_4mg
HCPCS  | J3489       | zoledronic_acid                 | zoledronic_acid_5mg              # bills Zometa and Reclast
RX     | 993449      | denosumab                       | denosumab_120mg
ATC    | M05BX04     | denosumab                       | denosumab_60mg
HCPCS  | J0897       | denosumab                       | denosumab_120mg
RX     | 993452      | denosumab_60mg                  | denosumab_120mg
ATC    | M05BX04     | denosumab                       | bisphosphonate_any               # M05BX is no class
ATC    | M05BX05     |                                 | denosumab                        # burosumab
ATC    | M05BC01     |                                 | bisphosphonate_any               # bone morphogenetic protein
ATC    | m05ba03     | bisphosphonate_any              |                                  # class, by prefix
ATC    | M01AX05     |                                 | nsaid_any                        # glucosamine
ATC    | N02BA01     |                                 | antiplatelet_any                 # analgesic aspirin
ATC    | L01FX04     | ipilimumab                      |
ATC    | L01XX44     | aflibercept                     |
ATC    | S01LA05     |                                 | aflibercept                      # the eye
ATC    | A07EA01     |                                 | corticosteroid_systemic_any      # local steroid
LOINC  | 62292-8     | vitamin_d_25oh_total            | vitamin_d_25oh_d3
LOINC  | 62290-2     |                                 | vitamin_d_25oh_total             # 1,25-(OH)2
LOINC  | 49054-0     | vitamin_d_25oh_d2               | vitamin_d_25oh_total
LOINC  | 1989-3      | vitamin_d_25oh_d3               | vitamin_d_25oh_total
LOINC  | 33914-3     | egfr_mdrd                       | crcl_cockcroft_gault
LOINC  | 35591-7     | crcl_cockcroft_gault            | crcl_cockcroft_gault_bsa
LOINC  | 35592-5     | crcl_cockcroft_gault_bsa        | crcl_cockcroft_gault
LOINC  | 2164-2      | crcl_measured                   | crcl_cockcroft_gault
LOINC  | 29265-6     | calcium_corrected_albumin       | calcium_total
LOINC  | 18281-6     | calcium_corrected_protein       | calcium_corrected_albumin
LOINC  | 13959-2     | calcium_ionised_calculated      | calcium_ionised
LOINC  | 5894-1      | prothrombin_percent             |
LOINC  | 3289-6      |                                 | prothrombin_percent              # factor II
LOINC  | 5902-2      |                                 | prothrombin_percent              # seconds
LOINC  | 34167-7     |                                 | platelets                        # large platelets
LOINC  | 3141-9      | body_weight                     | body_height
LOINC  | 3138-5      |                                 | body_weight                      # height, next door
LOINC  | 38483-4     | creatinine_serum                |                                  # Synthea sends this one
ICD    | C79.5       | bone_metastasis                 | secondary_malignancy_other
ICD    | C795        | bone_metastasis                 | secondary_malignancy_other
ICD    | C79.50      | bone_metastasis                 | secondary_malignancy_other
CM     | C79.51      | bone_metastasis                 | secondary_malignancy_other
CM     | C79.52      | bone_marrow_metastasis          | bone_metastasis
CM     | C79.52      | bone_marrow_metastasis          | secondary_malignancy_other
ICD    | C79.3       | secondary_malignancy_other      | bone_metastasis
ICD    | C78.0       | secondary_malignancy_other      |                                  # and lung_metastasis too
ICD    | C41.2       |                                 | bone_metastasis                  # primary bone tumour
SCT    | 94222008    | bone_metastasis                 |
SCT    | 314990009   |                                 | bone_metastasis                  # FROM bone
ICD    | E83.5       | calcium_disorder_direction_unknown | hypercalcaemia
CM     | E83.52      | hypercalcaemia                  | hypocalcaemia
CM     | E83.51      | hypocalcaemia                   | hypercalcaemia
CM     | M87.180     | onj_drug_induced                |
ICD    | M87.1       | osteonecrosis_drug_any_site     | onj_drug_induced
ICD    | K10.2       | jaw_inflammatory_or_orn         | onj_drug_induced
SCT    | 109989006   | multiple_myeloma                |
SCT    | 55921005    |                                 | multiple_myeloma                 # the morphology
ICD    | M84.4       | pathological_fracture_unspecified | pathological_fracture_neoplastic
ICD    | O85         |                                 | pregnancy                        # puerperium
CM     | Z33.1       | pregnancy                       |
CM     | Z33.2       |                                 | pregnancy                        # termination encounter
CM     | F17.210     | smoking_current                 |
CM     | F17.211     |                                 | smoking_current                  # remission
CM     | F10.20      | alcohol_use_disorder            |
CM     | F10.21      |                                 | alcohol_use_disorder             # remission
CM     | Z72.1       |                                 | alcohol_use_disorder             # WHO only
ICD    | M84.58XA    |                                 | pathological_fracture_neoplastic # CM code on the WHO system
CM     | M84.58XA    | pathological_fracture_neoplastic |
CCAM   | HBQK002     | dental_panoramic_xray           |
CCAM   | PAQK007     | dexa                            | bone_scan
CCAM   | LHMH001     | vertebroplasty_retired          | vertebroplasty
SCT    | 312681000   | dexa                            | bone_scan
SCT    | 1163157007  |                                 | radiotherapy_stereotactic        # ultra-high dose rate
SCT    | 71341001    | site_femur                      |
SCT    | 34206005    | route_sc                        | route_iv
SCT    | 105502003   | dialysis_dependence             |
ICD    | Z99.2       | dialysis_dependence             |
SCT    | 133918004   | comfort_care_only               |
ICD    | Z51.5       |                                 | comfort_care_only                # not comfort-only
local  | dental-cleared | dental_cleared               |
local  | Dental-Cleared |                              | dental_cleared                   # our codes are case-sensitive
brand  | Zometa      | zoledronic_acid_4mg             | zoledronic_acid_5mg
brand  | aclasta     | zoledronic_acid_5mg             | zoledronic_acid_4mg
"""


def drawn(table: str) -> list[list[str]]:
    lines = [line.partition("#")[0] for line in table.strip().splitlines()]
    return [[cell.strip() for cell in line.split("|")] for line in lines if line.strip()]


@pytest.mark.parametrize(("system", "code", "means", "never"), drawn(TRAPS))
def test_traps(system: str, code: str, means: str, never: str) -> None:
    found = T.concepts(SYSTEMS[system], code)
    assert not means or means in found
    assert never not in found


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("urn:oid:2.16.840.1.113883.6.1", "2160-0", "creatinine_serum"),
        ("http://loinc.org/", "2160-0", "creatinine_serum"),
        ("https://loinc.org", " 2160-0 ", "creatinine_serum"),
        ("HTTP://LOINC.ORG", "2160-0", "creatinine_serum"),
        ("urn:oid:2.16.840.1.113883.6.96", "94222008", "bone_metastasis"),
        ("urn:oid:2.16.840.1.113883.6.88", "77655", "zoledronic_acid"),
        ("https://smt.esante.gouv.fr/terminologie-atc", "M05BA08", "zoledronic_acid"),
        ("urn:oid:2.16.840.1.113883.6.3", "C34.1", "lung_cancer"),
        ("http://terminology.hl7.org/CodeSystem/icd10", "C34.9", "lung_cancer"),
        ("https://smt.esante.gouv.fr/terminologie-cim-10", "C349", "lung_cancer"),
        ("urn:oid:2.16.840.1.113883.6.90", "C34.11", "lung_cancer"),
        ("http://terminology.hl7.org/CodeSystem/icd10CM", "c34.11", "lung_cancer"),
        ("http://terminology.hl7.org/CodeSystem/CD2", "D0330", "dental_panoramic_xray"),
        ("urn:oid:2.16.840.1.113883.6.13", "d0330", "dental_panoramic_xray"),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J3489", "zoledronic_acid"),
        ("http://smt.esante.gouv.fr/terminologie-ccam", "hbqk002", "dental_panoramic_xray"),
        (LOCAL_SYSTEM + "/", "dental-cleared", "dental_cleared"),
    ],
)
def test_aliases_of_systems(system: str, code: str, concept: str) -> None:
    assert concept in T.concepts(system, code)


@pytest.mark.parametrize(
    "code", ["C79.5", "C795", "c79.5", " C79.5 ", "C79.5†", "C79.5*", "C79.5+", "C795+8", "C79.5 +0"]
)
def test_icd_decorations(code: str) -> None:
    assert T.concepts(ICD10, code) == ("bone_metastasis",)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (None, "C79.5"),
        ("", "C79.5"),
        ("  ", "C79.5"),
        (SNOMED, None),
        (SNOMED, ""),
        (SNOMED, "  "),
        (ICD10, "."),
        ("http://example.org/other", "C79.5"),
        (LOINC, "94222008"),
        (SNOMED, "9422200"),
        (SNOMED, "942220080"),
        (LOINC, "2160"),
        (LOINC, "2" * 10_000),
        ("http://" + "x" * 10_000, "2160-0"),
    ],
)
def test_without_a_system_or_a_whole_code_nothing_matches(system: str | None, code: str | None) -> None:
    assert T.concepts(system, code) == ()


def test_exact_comes_before_class() -> None:
    assert T.concepts(ATC, "M05BA08") == ("zoledronic_acid", "bisphosphonate_any")
    assert T.concepts(ATC, "B01AF02") == ("apixaban", "direct_xa_inhibitor_any", "antithrombotic_any")
    assert T.concepts(ICD10, "C78.0") == ("lung_metastasis", "secondary_malignancy_other")


def test_one_code_in_two_roles() -> None:
    assert set(T.concepts(SNOMED, "77386006")) == {"pregnancy", "pregnancy_status_pregnant"}


# text | concepts in the order of the text
TEXTS = """
Zometa                                    | zoledronic_acid_4mg
ZOMETA® 4 mg/5 ml, solution à diluer      | zoledronic_acid_4mg
Xgeva™ 120 mg SC                          | denosumab_120mg
prolia                                    | denosumab_60mg
Reclast                                   | zoledronic_acid_5mg
Zometa (zoledronic acid) 4 mg             | zoledronic_acid_4mg zoledronic_acid
Acide zolédronique 4 mg IV                | zoledronic_acid
acide   ZOLEDRONIQUE                      | zoledronic_acid
zoledronic-acid                           | zoledronic_acid
zoledronate disodium                      | zoledronic_acid
DÉNOSUMAB 120 mg                          | denosumab
denosumab-bbdz                            | denosumab
méthylprednisolone                        | methylprednisolone
Solu-Medrol 40 mg                         | methylprednisolone
acetaminophen 650 mg                      | paracetamol
Paracétamol 1 g                           | paracetamol
vitamine D3 100 000 UI                    | cholecalciferol
vitamin D 1000 IU                         | vitamin_d_any
colécalciférol                            | cholecalciferol
héparine de bas poids moléculaire         | heparin_group_any
carboplatine + pémétrexed + pembrolizumab | carboplatin pemetrexed pembrolizumab
calcium carbonate / cholecalciferol       | calcium_carbonate cholecalciferol
alendronate and alendronic acid           | alendronate
Zometalike                                |
notprolia                                 |
acide folinique                           |
aflibercept 40 mg/mL intravitreal         |
"""


@pytest.mark.parametrize(("text", "expected"), drawn(TEXTS))
def test_names_in_text(text: str, expected: str) -> None:
    assert T.in_text(text) == tuple(expected.split())


def test_text_may_be_absent_or_long() -> None:
    assert T.in_text(None) == ()
    assert T.in_text("") == ()
    assert T.in_text("word " * 5000 + "Zometa") == ("zoledronic_acid_4mg",)


@given(st.text())
def test_reading_text_never_fails(text: str) -> None:
    assert T.in_text(text) == T.in_text(text.upper()) or not text.isascii()


@given(st.text(max_size=70), st.text(max_size=70))
def test_looking_up_never_fails(system: str, code: str) -> None:
    assert set(T.concepts(system, code)) <= T.known


def test_codings_come_in_the_order_of_preference() -> None:
    assert T.codings("zoledronic_acid")[:2] == (
        Coding(RXNORM, "77655", "zoledronic acid"),
        Coding(ATC, "M05BA08", "zoledronic acid"),
    )
    assert T.codings("dialysis_dependence")[0].system == SNOMED
    assert T.codings("dialysis_dependence")[-1] == Coding(LOCAL_SYSTEM, "dialysis-dependence", "Dependence on dialysis")
    assert T.codings("vitamin_d_25oh_total")[-1].code == "35365-6"  # the less well attested code last
    assert T.codings("no_such_concept") == ()


def test_codings_hold_no_brand_and_no_exception() -> None:
    every = [coding for concept in T.known for coding in T.codings(concept)]
    assert not [coding for coding in every if coding.system == BRAND_SYSTEM]
    assert "C79.5" not in [coding.code for coding in T.codings("secondary_malignancy_other")]


def test_codes_of_several_concepts_in_one_system() -> None:
    assert T.codes(("bone_metastasis", "lung_cancer"), ICD10) == ("C79.5", "C34")
    assert T.codes(["lung_cancer"], "urn:oid:2.16.840.1.113883.6.3") == ("C34",)
    assert T.codes(["creatinine_serum", "creatinine_serum"], LOINC) == T.codes(["creatinine_serum"], LOINC)
    assert T.codes(["lung_cancer"], "http://example.org") == ()


def test_a_site_adds_its_own_codes_to_a_copy() -> None:
    lab = "https://lab.example.org/codes"
    ours = with_local_codes(
        T, [(lab, "K12", "creatinine_serum"), ("urn:oid:2.16.840.1.113883.6.96", "999", "lung_cancer")]
    )
    assert ours.concepts(lab + "/", "K12") == ("creatinine_serum",)
    assert ours.concepts(lab, "k12") == ()
    assert ours.concepts(SNOMED, "999") == ("lung_cancer",)
    assert Coding(lab, "K12", "") in ours.codings("creatinine_serum")
    assert ours.in_text("Zometa, paracétamol") == ("zoledronic_acid_4mg", "paracetamol")
    assert T.concepts(lab, "K12") == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("http://x", "1", "creatinin_serum"), "row 2: 'creatinin_serum' is no known concept"),
        (("", "1", "creatinine_serum"), "row 2: system and code are both needed"),
        (("http://x", " ", "creatinine_serum"), "row 2: system and code are both needed"),
        (("http://x", "1" * 65, "creatinine_serum"), "row 2: 1+... is longer than a code"),
        (
            ("http://x", "0", "albumin_serum"),
            r"row 2: http://x\|0 already means creatinine_serum; it cannot mean albumin",
        ),
        ((LOINC, "2160-0", "albumin_serum"), r"row 2: .*2160-0 already means creatinine_serum; it cannot mean albumin"),
        ((ATC, "M05BA08", "denosumab"), "row 2: .*M05BA08 already means zoledronic_acid, bisphosphonate_any"),
    ],
)
def test_a_bad_site_row_is_named(row: tuple[str, str, str], said: str) -> None:
    with pytest.raises(BadCodeMap, match=said):
        with_local_codes(T, [("http://x", "0", "creatinine_serum"), row])


@pytest.mark.parametrize(
    "row",
    [Row("a", LOINC, "1-8", "x", "fuzzy"), Row("", LOINC, "1-8", "x"), Row("a", "", "1", "x"), Row("a", LOINC, "", "")],
)
def test_a_bad_table_stops_the_start(row: Row) -> None:
    with pytest.raises(ValueError, match="value set row"):
        Terminology([row])


def test_an_unknown_system_keeps_its_name() -> None:
    assert canonical_system(" http://example.org/Codes/ ") == "http://example.org/Codes"


def test_the_tables_load_quickly() -> None:
    spent = []
    for _ in range(3):
        default_terminology.cache_clear()
        start = time.process_time()
        default_terminology()
        spent.append(time.process_time() - start)
    assert min(spent) < 0.060
