"""``osteohooks policy``: the words an engineer and a committee read before go-live."""

import json
import os
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.sandbox.scenarios import scenarios
from cds_service.settings import Settings
from cds_service.site.policy_diff import compare
from hooks.policy import Retirement
from tests.site.policies import EMPTY, VERSION, dental, parts, written

EXAMPLE = files("cds_service.site").joinpath("example.toml").read_text("utf-8")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OSTEOHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(Settings, "today", lambda self: date(2026, 11, 30))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)], prog_name="osteohooks")


def test_the_example_is_printed_and_may_be_used(tmp_path: Path) -> None:
    printed = run("example")
    assert printed.stdout == EXAMPLE
    path = written(tmp_path, printed.stdout)
    checked = run("check", path)
    assert checked.exit_code == 0
    assert checked.stdout == (
        f"{path} may be used: policy example-hospital, 1 version(s).\n"
        "Note: today (2026-11-30) no version is in force: everything is as shipped.\n"
    )


def test_a_bad_policy_is_told_and_fails(tmp_path: Path) -> None:
    path = written(tmp_path, VERSION + '[[version.limit]]\nname = "calcium.apart"\nvalue = "9 wk"\n')
    for command in (("check", path), ("show", path), ("diff", "shipped", path)):
        result = run(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert (
            result.stderr
            == f"{path}, version from 2026-01-01: calcium.apart: its unit is d, not wk: write it like '7 d'.\n"
        )


def test_a_policy_is_shown_with_what_it_changes(tmp_path: Path) -> None:
    shown = run("show", written(tmp_path, EXAMPLE)).stdout
    for line in (
        "From 2026-12-01 until 2027-11-30 (not yet in force), version example-hospital/2026-12-01/",
        "  approved by Dr A. Example, thoracic oncology on 2026-11-20",
        "  AR-DENTAL-01.freshness 183 d -> 120 d\n",
        "  ZOL-INFUS-01.advised 20 min -> 30 min  DEVIATION from the guideline  in aura-2026\n",
        "  AR-OPG-01 due: warning\n",
        "  ONJ-FACT-01: not asked, tobacco",
        "  ONJ-FU-01 never_recorded: stays away 60 d once shown",
    ):
        assert line in shown


def test_what_follows_and_what_is_a_deviation_is_marked(tmp_path: Path) -> None:
    text = VERSION + (
        '[[version.limit]]\nname = "ZOL-CI-01.below"\nvalue = "35 mL/min"\ndeviation = true\n'
        'reason = { en = "a", fr = "b" }\n[[version.severity]]\nrule = "ZOL-CI-01"\ncase = "due"\nseverity = "warning"\n'
        'deviation = true\nreason = { en = "a", fr = "b" }\n[[version.code_map]]\nfile = "lab.csv"\n'
    )
    written(tmp_path, "system,code,concept\nhttp://x,K,creatinine_serum\n", "lab.csv")
    shown = run("show", written(tmp_path, text)).stdout
    assert "  ZOL-CI-01.below 30 mL/min -> 35 mL/min  DEVIATION from the guideline\n" in shown
    assert (
        "  clearance.severe 30 mL/min -> 35 mL/min  DEVIATION from the guideline  (follows ZOL-CI-01.below)\n" in shown
    )
    assert "  ZOL-CI-01 due: warning  DEVIATION from the guideline\n" in shown
    assert "  1 codes of the site\n" in shown + "\n"
    assert "(in force today)" in shown


def test_surprises_are_noted(tmp_path: Path) -> None:
    text = VERSION.replace("approved_by", "until = 2026-03-31\napproved_by") + (
        '[[version]]\nfrom = 2027-01-01\napproved_by = "Dr A."\napproved_on = 2026-12-24\n'
    )
    checked = run("check", written(tmp_path, text)).stdout
    assert "Note: between 2026-03-31 and 2027-01-01 no version is in force: everything is as shipped." in checked
    assert "Note: the version from 2027-01-01 is approved on 2026-12-24, which is to come." in checked
    assert "Note: the version from 2027-01-01 changes nothing." in checked
    assert "(over)" in run("show", tmp_path / "policy.toml").stdout


def test_the_policy_of_the_installation_is_shown_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("show").stdout.startswith("No policy: everything is as shipped.")
    monkeypatch.setenv("OSTEOHOOKS_POLICY", str(written(tmp_path, EXAMPLE)))
    assert run("show").stdout.startswith("Policy example-hospital\n")


def test_the_lists_name_everything_that_may_be_written() -> None:
    limits = run("limits").stdout
    assert "AR-DENTAL-01.freshness               183 d                    free" in limits
    assert "20 min | 15 min          guideline: only as a deviation" in limits
    assert "follows HCAL-WARN-01.upper" in limits
    assert "free in aura-2026, aura-intermediate, else a deviation" in limits
    assert "fixed: it is the strength of the product" in limits
    assert "creatinine_serum " in run("concepts").stdout
    found = run("concepts", "denosumab").stdout.splitlines()
    assert found
    assert all("denosumab" in line.casefold() for line in found)


def test_a_diff_names_patients_before_and_after(tmp_path: Path) -> None:
    path = written(tmp_path, EXAMPLE)
    few = ("--patient", "prostate-zol-clearance-60", "--patient", "lung-zol-clearance-42")
    text = run("diff", "shipped", path, *few).stdout
    assert "ZOL-INFUS-01  Minimum infusion time\n" in text
    assert "  prostate-zol-clearance-60                  order-sign           silent -> warning short\n" in text
    data = json.loads(run("diff", path, "shipped", "--json", *few).stdout)
    assert {"rule": "ZOL-INFUS-01", "scenario": "prostate-zol-clearance-60", "hook": "order-sign",
            "before": "warning short", "after": "silent"} in data["differences"]  # fmt: skip
    other = json.loads(run("diff", "shipped", path, "--json", "--edition", "aura-earlier", *few).stdout)
    assert "ZOL-INFUS-01" not in {row["rule"] for row in other["differences"]}  # the deviation is of one edition


def test_a_diff_on_a_day_takes_the_versions_of_that_day(tmp_path: Path) -> None:
    path = written(tmp_path, EXAMPLE)
    one = ("--patient", "lung-zol-clearance-42")
    assert "no call with other findings" in run("diff", "shipped", path, "--on", "2026-11-30", *one).stdout
    assert "no call with other findings" not in run("diff", "shipped", path, "--on", "2026-12-01", *one).stdout
    assert run("diff", "shipped", path, "--patient", "nobody").exit_code == 2
    assert run("diff", "shipped", "nowhere.toml").exit_code == 2


def test_nothing_differs_from_itself_and_a_retired_rule_differs_where_it_spoke() -> None:
    shipped, few = parts(), scenarios()[:6]
    assert compare(shipped, parts(EMPTY), "aura-2026", few[:1]).patients == 1
    same = compare(shipped, parts(EMPTY), "aura-2026")
    assert (same.differences, same.calls_changed) == ((), 0)
    assert (same.cards_before, same.calls) == (same.cards_after, same.patients * 6)
    retired = parts(replace(EMPTY, retired=(Retirement("AR-DENTAL-01", "x"),)))
    found = compare(shipped, retired, "aura-2026", few).differences
    gone = [one for one in found if one.rule == "AR-DENTAL-01"]
    assert gone
    assert {one.after for one in gone} == {"silent (retired at this site)"}
    assert not any(one.before.startswith("silent") for one in gone)


def test_other_words_on_the_card_are_a_difference_too() -> None:
    found = compare(parts(), parts(replace(EMPTY, limits=(dental("182 d"),))), "aura-2026", scenarios()[:1])
    assert {one.after for one in found.differences if one.rule == "AR-DENTAL-01"} == {"other words on the card"}
