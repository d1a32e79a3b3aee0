"""Whether two sites of the body may share a field."""

import pytest

from fhir_mappers.record.sites import VERTEBRAE, levels, of_sacrum, of_spine, overlap
from fhir_mappers.terminology import default_terminology
from tests.support.drawn import name, rows

OVERLAPS = """
here                      | there                    | overlap
--------------------------+--------------------------+--------
site_femur                | site_femur               | yes
site_femur                | site_trochanteric        | yes
site_femur                | site_tibia               | no
site_femoral_head_neck    | site_trochanteric        | no
vertebra_t6               | vertebra_t8              | yes      # two levels apart: the fields touch
vertebra_t6               | vertebra_t9              | no
vertebra_c7               | vertebra_t1              | yes
vertebra_t12              | vertebra_l3              | no
vertebra_t6               | site_spine               | yes
site_spine                | site_thorax              | yes
vertebra_t6               | site_thorax              | yes
vertebra_l4               | site_thorax              | no
vertebra_c5               | site_head_neck           | yes
vertebra_s1               | site_sacrum              | yes
vertebra_s1               | site_pelvis              | yes
vertebra_l5               | vertebra_s2              | yes
site_rib                  | site_thorax              | yes
site_pelvis               | site_acetabulum          | yes
site_acetabulum           | site_femur               | no
site_femur, vertebra_t6   | site_skull, vertebra_t5  | yes
                          | site_femur               | ?
site_femur                | site_unspecified         | ?
"""


def split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(",") if part.strip())


@pytest.mark.parametrize("row", rows(OVERLAPS), ids=name)
def test_sites_that_may_share_a_field(row: dict[str, str]) -> None:
    here, there = split(row["here"]), split(row["there"])
    expected = {"yes": True, "no": False, "?": None}[row["overlap"]]
    assert overlap(here, there) is expected
    assert overlap(there, here) is expected


def test_every_vertebra_is_a_concept_of_the_value_sets() -> None:
    assert set(VERTEBRAE) <= default_terminology().known
    assert len(VERTEBRAE) == len(set(VERTEBRAE)) == 30
    assert levels(("vertebra_t1", "vertebra_c0", "site_femur")) == (0, 8)


@pytest.mark.parametrize(
    ("site", "spine", "sacrum"),
    [("site_spine", True, False), ("vertebra_l5", True, False), ("vertebra_s1", False, True),
     ("site_sacrum", False, True), ("site_pelvis", False, False)],
)  # fmt: skip
def test_the_sacrum_is_not_the_spine(site: str, spine: bool, sacrum: bool) -> None:
    assert (of_spine((site,)), of_sacrum((site,))) == (spine, sacrum)
