"""A policy file: read, dated, or refused with a sentence that names the place and what to do."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from cds_service.site.policy_file import read_policy
from hooks.limits import EDITIONS
from hooks.policy import BadPolicy
from tests.site.policies import VERSION, written

EXAMPLE = files("cds_service.site").joinpath("example.toml").read_text("utf-8")


def refused(path: Path) -> str:
    with pytest.raises(BadPolicy) as error:
        read_policy(path)
    return "\n".join(sentence.replace(str(path), "FILE") for sentence in error.value.problems)


def test_the_example_may_be_used_and_says_something_of_each_kind(tmp_path: Path) -> None:
    (policy,) = read_policy(written(tmp_path, EXAMPLE)).all
    assert len(policy.limits) == 3
    assert all((policy.severities, policy.overrides, policy.snoozes, policy.retired, policy.reasons))
    assert (policy.starts, policy.ends) == (date(2026, 12, 1), date(2027, 11, 30))
    assert [limit.editions for limit in policy.limits] == [None, None, (EDITIONS[0],)]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("[[version.limit]]\nnam = 'a'\nvalue = '1 d'", "version 1, limit 1: nam is not known here; did you mean name?"),
        ("[[version.limit]]\nnam = 'a'\nvalue = '1 d'", "version 1, limit 1: name is missing."),
        ("[[version.limit]]\nname = 'calcium.apart'\nvalue = 9.5", 'value must be text in quotes with its unit'),
        ("[[version.limit]]\nname = 'calcium.apart'", "version 1, limit 1: value is missing."),
        ("[[version.limit]]\nname = 'calcium.apart'\nvalue = '9 d'\ndeviation = 'yes'", "deviation must be true or false."),
        ("[[version.limits]]\nname = 'a'", "version 1: limits is not known here; did you mean limit?"),
        ("[[version.zzz]]\nname = 'a'", "version 1: zzz is not known here; known are from, until, approved_by"),
        ("[version.limit]\nname = 'a'", "version 1: limit must be a list."),
        ("limit = [3]", "version 1: limit 1 must be a table."),
        ("[[version.retired]]\nrule = 'ONJ-FACT-01'\nreason = ''", "version 1, retired 1: reason must not be empty."),
        ("[[version.retired]]\nrule = 'ONJ-FACT-01'\nreason = \"a\\nb\"", "reason must be one line of text"),
        ("[[version.reason]]\ncode = 'a b'\nsystem = 'x'\nen = 'a'\nfr = 'b'", "version 1, reason 1: code must be one line"),
        ("[[version.limit]]\nname = 'calcium.apart'\nvalue = '9 wk'", "version from 2026-01-01: calcium.apart: its unit is d"),
        (
            "[[version.limit]]\nname = 'AR-OPG-01.freshness'\nvalue = '300 d'\neditions = ['aura-2062']",
            "AR-OPG-01.freshness: edition aura-2062 is not known; known are aura-2026, aura-intermediate, aura-earlier.",
        ),
        ("until = 2025-12-31", "until 2025-12-31 lies before from 2026-01-01."),
        ("[[version.code_map]]\nfile = 'lab.csv'", "code map lab.csv: it cannot be read: No such file or directory."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, rest: str, said: str) -> None:
    told = refused(written(tmp_path, VERSION + rest))
    assert said in told
    assert all(line.startswith("FILE") for line in told.splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "FILE: it is no readable TOML: "),
        ('id = "site"', "FILE: version is missing."),
        ('id = "site"\nversion = []', "FILE: version must hold at least one."),
        (VERSION.replace('id = "site"', 'id = "a site"'), "FILE: id must be one line of text; names have only letters"),
        (VERSION.replace('approved_by = "Dr A. Example"\n', ""), "FILE: version 1: approved_by is missing."),
        (VERSION.replace("approved_on = 2025-12-20\n", ""), "FILE: version 1: approved_on is missing."),
        (VERSION.replace("2026-01-01", '"soon"'), "FILE: version 1: from must be a date without quotes"),
        (
            VERSION.replace("2025-12-20", "2026-01-02"),
            "approved on 2026-01-02, after it comes into force on 2026-01-01.",
        ),
    ],
)
def test_what_every_file_needs(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(written(tmp_path, text))


def test_a_file_that_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    assert "it cannot be read: No such file" in refused(tmp_path / "none.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes('id = "h\u00f4pital"'.encode("latin-1"))
    assert "it is no readable TOML" in refused(path)
    assert "there is no .toml file in this folder." in refused(tmp_path / "..") or (tmp_path / "latin.toml").exists()


def version(starts: str, ends: str | None = None) -> str:
    until = f"until = {ends}\n" if ends else ""
    return f'[[version]]\nfrom = {starts}\n{until}approved_by = "Dr A."\napproved_on = 2025-12-01\n'


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (("2026-01-01", "2026-06-30"), ("2026-07-01", None), False),
        (("2026-01-01", "2026-07-01"), ("2026-07-01", None), True),
        (("2026-01-01", None), ("2026-07-01", None), True),
        (("2026-07-01", None), ("2026-01-01", "2026-06-30"), False),  # the order in the file does not matter
    ],
)
def test_versions_may_not_overlap(tmp_path: Path, first: tuple[str, str | None], second: tuple[str, str | None],
                                  overlap: bool) -> None:  # fmt: skip
    path = written(tmp_path, 'id = "site"\n' + version(*first) + version(*second))
    if overlap:
        assert "overlap: write 'until' in the earlier one, before 2026-07-01." in refused(path)
    else:
        starts = [str(one.starts) for one in read_policy(path).all]
        assert starts == ["2026-01-01", "2026-07-01"]


def test_the_version_in_force_is_that_of_the_day(tmp_path: Path) -> None:
    text = 'id = "site"\n' + version("2026-01-01", "2026-03-31") + version("2026-07-01")
    versions = read_policy(written(tmp_path, text))
    days = [
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 3, 31),
        date(2026, 4, 1),
        date(2026, 6, 30),
        date(2026, 7, 1),
    ]
    found = [versions.on(day) for day in days]
    assert [str(one.starts) if one else None for one in found] == [
        None,
        "2026-01-01",
        "2026-01-01",
        None,
        None,
        "2026-07-01",
    ]


def test_a_folder_holds_the_versions_of_one_policy(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match=r"there is no .toml file in this folder"):
        read_policy(tmp_path)
    written(tmp_path, 'id = "site"\n' + version("2026-07-01"), "2.toml")
    written(tmp_path, 'id = "site"\n' + version("2026-01-01", "2026-06-30"), "1.toml")
    assert [str(one.starts) for one in read_policy(tmp_path).all] == ["2026-01-01", "2026-07-01"]
    written(tmp_path, 'id = "other"\n' + version("2028-01-01"), "3.toml")
    with pytest.raises(BadPolicy, match=r"holds several policies \(other, site\); give each its own folder"):
        read_policy(tmp_path)


def test_every_mistake_of_every_version_is_told_at_once(tmp_path: Path) -> None:
    bad = '[[version.limit]]\nname = "calcium.apart"\nvalue = "9 wk"\n'
    text = 'id = "site"\n' + version("2026-01-01", "2026-03-31") + bad + version("2026-07-01") + bad
    told = refused(written(tmp_path, text))
    assert [line.partition(": ")[0] for line in told.splitlines()] == [
        "FILE, version from 2026-01-01",
        "FILE, version from 2026-07-01",
    ]
