"""The house as it stands keeps every rule that can be read from its source."""

from pathlib import Path

import pytest

from tests.house import rules

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: rules.Rule) -> None:
    breaches = rule(ROOT)
    assert not breaches, "\n".join([rule.__doc__ or "", *breaches])


@pytest.mark.parametrize("package", rules.PACKAGES)
def test_the_rules_look_at_real_files(package: str) -> None:
    assert [path for path in (ROOT / package).rglob("*.py") if path.stem != "__init__"]


def test_both_locks_are_there_and_agree() -> None:
    runtime, everything = (_pins(name) for name in ("requirements.lock", "requirements-test.lock"))
    assert runtime
    assert runtime <= everything


def _pins(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if "==" in line}
