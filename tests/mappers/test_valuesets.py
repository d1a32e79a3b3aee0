"""The tables themselves: every code well formed, no code with two meanings, every concept a check names defined."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from stdnum import verhoeff

from fhir_mappers import terminology
from fhir_mappers.record import concepts as vocabulary
from fhir_mappers.terminology import (
    ATC,
    BRAND_SYSTEM,
    CCAM,
    CDT,
    HCPCS,
    ICD10,
    ICD10CM,
    LOCAL_SYSTEM,
    LOINC,
    RXNORM,
    SNOMED,
    TABLES,
    default_terminology,
    normal_code,
    read_table,
)

BY_TABLE = {table: list(read_table(table)) for table in TABLES}
ROWS = [line for lines in BY_TABLE.values() for line in lines]
LOCAL = list(read_table("local"))
FORMS = {
    LOINC: r"\d{1,6}-\d|LA\d+-\d",
    SNOMED: r"\d{6,18}",
    RXNORM: r"\d{2,7}",
    ATC: r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?",
    ICD10: r"[A-TV-Z]\d\d(\.\d{1,2})?",
    ICD10CM: r"[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
    CCAM: r"[A-Z]{4}\d{3}",
    CDT: r"D\d{4}",
    HCPCS: r"[A-Z]\d{4}",
    BRAND_SYSTEM: r"[a-z]+",
}
CHECK_DIGIT_EXCEPTION = "5895-7"  # a deprecated INR code that LOINC itself published with a wrong check digit
# One code in two roles: a problem when it stands in a Condition, a value when it stands in a pregnancy status.
TWO_ROLES = {(SNOMED, "77386006"): {"pregnancy", "pregnancy_status_pregnant"}}


def loinc_check_digit(body: str) -> int:
    """Mod 10 over the digits doubled from the right, as the LOINC users' guide describes it."""
    digits = "".join(str(int(d) * (2 if i % 2 == 0 else 1)) for i, d in enumerate(reversed(body)))
    return -sum(int(d) for d in digits) % 10


def codes_of(system: str) -> Iterator[str]:
    return (line[2] for line in ROWS if line[1] == system)


def test_every_table_is_listed() -> None:
    folder = terminology.files("fhir_mappers") / "valuesets"
    shipped = {entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv")}
    assert shipped == {*TABLES, "lab_names", "local", "names", "systems", "units"}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_complete_and_its_code_has_the_form_of_its_system(table: str) -> None:
    for concept, system, code, display, match, _, evidence, confidence in BY_TABLE[table]:
        row = f"{code} {concept}"
        assert re.fullmatch(r"[a-z][a-z0-9_]+", concept), row
        assert re.fullmatch(FORMS[system], code), row
        assert display, row
        assert display == display.strip(), row
        assert evidence, row
        assert match in {"exact", "prefix", "except"}, row
        assert match == "exact" or system in {ICD10, ICD10CM, ATC}, row
        assert confidence in {"high", "medium"}, row


def test_loinc_check_digits() -> None:
    plain = {code for code in codes_of(LOINC) if not code.startswith("LA")} - {CHECK_DIGIT_EXCEPTION}
    assert len(plain) > 100
    assert [code for code in plain if loinc_check_digit(code.split("-")[0]) != int(code.split("-")[1])] == []


def test_the_one_known_loinc_exception_is_still_an_exception() -> None:
    assert CHECK_DIGIT_EXCEPTION in set(codes_of(LOINC))
    assert loinc_check_digit("5895") != 7


def test_snomed_check_digits_and_partitions() -> None:
    codes = set(codes_of(SNOMED))
    assert len(codes) > 100
    assert [code for code in codes if not verhoeff.is_valid(code)] == []
    # a concept identifier, not a description or a relationship
    assert [code for code in codes if code[-3:-1] not in {"00", "10"}] == []


def test_no_code_means_two_concepts() -> None:
    meanings = defaultdict(set)
    for concept, system, code, _, match, *_ in ROWS:
        if match != "except":
            meanings[(system, normal_code(system, code))].add(concept)
    assert {code: found for code, found in meanings.items() if len(found) > 1} == TWO_ROLES


def test_no_row_is_written_twice() -> None:
    keys = [(line[0], line[1], normal_code(line[1], line[2]), line[4]) for line in ROWS]
    assert len(keys) == len(set(keys))


def test_an_exception_cuts_into_a_class_of_the_same_concept() -> None:
    prefixes = [(line[0], line[1], line[2].replace(".", "")) for line in ROWS if line[4] == "prefix"]
    for concept, system, code, _, match, *_ in ROWS:
        if match == "except":
            bare = code.replace(".", "")
            assert any((concept, system) == p[:2] and bare.startswith(p[2]) and bare != p[2] for p in prefixes)


@pytest.mark.parametrize("line", LOCAL, ids=lambda line: line[1])
def test_a_local_code_is_well_formed_and_complete(line: list[str]) -> None:
    concept, code, display, carrier, value_type, _, _ = line
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert concept == code.replace("-", "_")
    assert display
    assert carrier
    assert re.fullmatch(r"value|boolean|code|CodeableConcept|integer|string|dateTime|Quantity \S+", value_type)


def test_local_codes_are_unique_and_their_allowed_values_exist() -> None:
    codes = [line[1] for line in LOCAL]
    assert len(codes) == len(set(codes))
    choices = [(line[1], v.strip()) for line in LOCAL if line[4] == "CodeableConcept" for v in line[5].split("|")]
    assert [(code, value) for code, value in choices if value and value not in codes] == []


def test_no_convention_row_is_taken_for_a_code() -> None:
    assert not [line for line in LOCAL if line[1].startswith("convention")]


def test_only_the_listed_local_concepts_share_a_name_with_a_standard_one() -> None:
    shared = {line[0] for line in LOCAL} & {line[0] for line in ROWS}
    assert shared == {
        *(
            "comfort_care_only",
            "crp",
            "dialysis_dependence",
            "electrocardiogram",
            "mri_whole_spine",
            "neutrophil_count",
            "pregnancy_status",
        ),
        *("route_im", "route_iv", "route_oral", "route_sc", "systemic_infection"),
        *("site_femur", "site_humerus", "site_pelvis", "site_rib", "site_spine"),
    }


def test_every_name_is_of_a_known_drug_and_means_one_drug() -> None:
    drugs = {line[0] for line in read_table("drugs")}
    names = list(read_table("names"))
    assert {language for _, language, _ in names} == {"en", "fr", "brand"}
    assert {concept for concept, _, _ in names} <= drugs
    for concept, _, name in names:
        assert default_terminology().in_text(name) == (concept,), name


def test_every_drug_can_be_read_from_text() -> None:
    named = {line[0] for line in read_table("names")} | {line[0] for line in ROWS if line[1] == BRAND_SYSTEM}
    unnamed = {line[0] for line in read_table("drugs")} - named
    strengths_and_classes = {c for c in unnamed if c.endswith("_any")} | {"calcium_vitamin_d_combination"}
    assert unnamed == strengths_and_classes


def test_every_concept_a_check_may_ask_for_is_defined() -> None:
    named: set[str] = set()
    for name, value in vars(vocabulary).items():
        if name.isupper():
            named |= {value} if isinstance(value, str) else set(value)
    assert named - default_terminology().known == set()


@pytest.mark.parametrize("table", [*TABLES, "local", "names", "systems", "units"])
def test_a_table_is_plain_and_names_no_machine(table: str) -> None:
    text = (terminology.files("fhir_mappers") / "valuesets" / f"{table}.csv").read_text(encoding="utf-8")
    assert not re.search(r"/(work|home|tmp|usr|root)/|localhost|127\.0\.0\.1|pypi|npmjs|artifactory", text)
    widths = {len(line) for line in read_table(table)}
    assert len(widths) == 1


def test_local_codes_and_standard_codes_are_all_found_again() -> None:
    found = default_terminology().concepts
    for concept, code, *_ in LOCAL:
        assert found(LOCAL_SYSTEM, code) == (concept,)
    for concept, system, code, _, match, *_ in ROWS:
        assert (concept in found(system, code)) == (match != "except"), (concept, system, code)
