"""A hospital's own codes: from CSV or ConceptMap, understood by the readers, asked for; or refused row by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.site.code_maps import CONCEPT_SYSTEM, read_code_map
from cds_service.site.policy_file import read_policy
from fhir_mappers.build import build_record
from fhir_mappers.local_codes import BadCodeMap, with_local_codes
from fhir_mappers.terminology import ATC, LOINC, default_terminology
from hooks.exact_json import dumps_exact
from hooks.policy import BadPolicy
from hooks.services import services, services_with
from tests.site.policies import VERSION, written
from tests.support import fhir

LAB, DRUG = "https://hospital.example.org/lab", "urn:oid:1.2.3.4"


def refused(path: Path) -> str:
    with pytest.raises(BadCodeMap) as error:
        read_code_map(path)
    return "\n".join(error.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        f"system,code,concept\n{LAB},K12,creatinine_serum\n",
        f"\ufeffCode;System;Concept;note\r\nK12;{LAB};creatinine_serum;as exported by a spreadsheet\r\n;;;\r\n",
        f'code,concept,system\n"K12",creatinine_serum,{LAB}\n\n',
    ],
)
def test_a_table_is_read_however_it_was_written(tmp_path: Path, text: str) -> None:
    assert read_code_map(written(tmp_path, text, "lab.csv")) == ((LAB, "K12", "creatinine_serum"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "code,concept\nK12,creatinine_serum\n",
            "its heading lacks system; the first line must be: system,code,concept.",
        ),
        ("", "its heading lacks system, code, concept"),
        (f"system,code,concept\n{LAB},K12,creatinin\n", "row 1: 'creatinin' is no known concept"),
        (
            f"system,code,concept\n{LAB},,creatinine_serum\n",
            "row 1: system and code are both needed (creatinine_serum).",
        ),
        (
            f"system,code,concept\n{LOINC},2160-0,albumin_serum\n",
            "already means creatinine_serum; it cannot mean albumin",
        ),
        (
            f"system,code,concept\n{LAB},K,creatinine_serum\n{LAB},K,albumin_serum\n",
            f"row 2: {LAB}|K already means creatinine_serum; it cannot mean albumin_serum too.",
        ),
        ("{", "it is no readable JSON."),
        ('{"resourceType": "ValueSet"}', "it is JSON but no FHIR ConceptMap."),
        ('{"resourceType": "ConceptMap", "status": "retired"}', "its status is retired."),
        ('{"resourceType": "ConceptMap", "group": 3}', "it maps nothing."),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(written(tmp_path, text, "map"))


def test_a_file_that_is_not_there_not_text_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path / "none.csv") == "it cannot be read: No such file or directory."
    (tmp_path / "latin.csv").write_bytes("système".encode("latin-1"))
    assert "it is not UTF-8 text" in refused(tmp_path / "latin.csv")
    monkeypatch.setattr("cds_service.site.code_maps._MOST_BYTES", 3)
    assert "it is larger than 0 MB." in refused(written(tmp_path, "system", "large.csv"))


def concept_map(relation: str, target: str = "2160-0", into: str = LOINC, *, r5: bool = False) -> str:
    said = {"relationship" if r5 else "equivalence": relation}
    element = {"code": "K12", "target": [{"code": target, **said}]}
    sent: dict[str, Any] = {"resourceType": "ConceptMap", "status": "active"}
    return json.dumps({**sent, "group": [{"source": f"{LAB}|2026", "target": into, "element": [element]}]})


@pytest.mark.parametrize(
    ("relation", "r5", "used"),
    [
        ("equivalent", False, True),
        ("equal", False, True),
        ("wider", False, True),
        ("subsumes", False, True),
        ("narrower", False, False),
        ("specializes", False, False),
        ("inexact", False, False),
        ("relatedto", False, False),
        ("equivalent", True, True),
        ("source-is-narrower-than-target", True, True),
        ("source-is-broader-than-target", True, False),
        ("related-to", True, False),
    ],
)
def test_only_a_target_that_is_the_same_or_wider_counts(tmp_path: Path, relation: str, r5: bool, used: bool) -> None:
    path = written(tmp_path, concept_map(relation, r5=r5), "map.json")
    if used:
        assert read_code_map(path) == ((LAB, "K12", "creatinine_serum"),)
    else:
        assert f"'{relation}' is not enough. The target must be the same (equivalent) or wider" in refused(path)


@pytest.mark.parametrize("relation", ["unmatched", "disjoint", "not-related-to"])
def test_a_code_without_meaning_is_left_out(tmp_path: Path, relation: str) -> None:
    assert refused(written(tmp_path, concept_map(relation), "map.json")) == "it maps nothing."


def test_a_target_may_be_a_concept_of_ours_or_a_drug_with_its_class(tmp_path: Path) -> None:
    ours = written(tmp_path, concept_map("equivalent", "zoledronic_acid_4mg", CONCEPT_SYSTEM), "map.json")
    assert read_code_map(ours) == ((LAB, "K12", "zoledronic_acid_4mg"),)
    classed = written(tmp_path, concept_map("equivalent", "M05BA08", ATC), "map.json")
    assert {concept for _, _, concept in read_code_map(classed)} == {"zoledronic_acid", "bisphosphonate_any"}
    unknown = written(tmp_path, concept_map("equivalent", "9-9"), "map.json")
    assert "the shipped value sets do not know the target." in refused(unknown)


def test_the_readers_understand_a_local_code_and_the_service_asks_for_it() -> None:
    known = with_local_codes(default_terminology(), [(LAB, "K 12&b", "creatinine_serum")])
    sent = {"observations": dumps_exact({"resourceType": "Bundle", "entry": [
        {"resource": fhir.observation(f"{LAB}|K 12&b", "88 umol/L")}]})}  # fmt: skip
    before, after = (
        build_record(sent, None, None, "1", fhir.TODAY, terminology=terminology).results("creatinine_serum")
        for terminology in (None, known)
    )
    assert (len(before), len(after)) == (0, 1)
    asked = {one.id: one.prefetch.get("observations", "") for one in services_with(known)}
    shipped = {one.id: one.prefetch.get("observations", "") for one in services()}
    wanting = {name for name, query in shipped.items() if "2160-0" in query}
    assert wanting
    assert {name for name in asked if "K%2012%26b" in asked[name]} == wanting
    assert all(asked[name].replace(",K%2012%26b", "") == shipped[name] for name in asked)


def test_the_code_maps_of_a_policy_stand_beside_it_and_must_agree(tmp_path: Path) -> None:
    written(tmp_path, f"system,code,concept\n{LAB},K,creatinine_serum\n", "a.csv")
    written(tmp_path, f"system,code,concept\n{LAB},K,albumin_serum\n", "b.csv")
    one = VERSION + '[[version.code_map]]\nfile = "a.csv"\n'
    (policy,) = read_policy(written(tmp_path, one)).all
    assert policy.codes == ((LAB, "K", "creatinine_serum"),)
    with pytest.raises(BadPolicy, match=r"the code maps together: row 2: .* already means creatinine_serum"):
        read_policy(written(tmp_path, one + '[[version.code_map]]\nfile = "b.csv"\n'))
