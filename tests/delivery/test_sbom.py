"""``osteohooks sbom``: the bill of materials names what the lock installs, and nothing of the tests."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from cds_service.cli import main

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z][\w.-]*)==([\w.]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    result = CliRunner().invoke(main, ["sbom"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text("utf-8")))


def test_it_has_the_form_of_cyclonedx(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    ours = bill["metadata"]["component"]
    assert (ours["type"], ours["name"], ours["licenses"]) == (
        "application",
        "osteohooks",
        [{"expression": "Apache-2.0"}],
    )
    for part in bill["components"]:
        assert part["type"] == "library"
        assert part["bom-ref"] == part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
        for licence in part.get("licenses", ()):
            assert licence.keys() in ({"expression"}, {"license"})


def test_it_is_valid_by_the_schema_of_cyclonedx(bill: dict[str, Any]) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill)) is None
    bill = bill | {"components": [part | {"type": "libary"} for part in bill["components"]]}
    assert validator.validate_str(json.dumps(bill)) is not None, "a mistake would be found"


def test_every_package_of_the_lock_is_in_it_with_its_version(bill: dict[str, Any]) -> None:
    named = {part["name"]: part["version"] for part in bill["components"]}
    assert pins("requirements.lock").items() <= named.items()
    assert len(named) == len(bill["components"])


def test_drivers_and_plots_are_in_it_where_they_are_installed_but_nothing_of_the_tests(bill: dict[str, Any]) -> None:
    named = {part["name"]: part["version"] for part in bill["components"]}
    assert {"psycopg", "psycopg-binary", "matplotlib", "opentelemetry-sdk"} <= named.keys()
    assert named.items() <= pins("requirements-test.lock").items()
    assert not {"pytest", "ruff", "mypy", "playwright", "mkdocs-material", "hypothesis"} & named.keys()


def test_every_reference_leads_to_a_part(bill: dict[str, Any]) -> None:
    refs = {part["bom-ref"] for part in (*bill["components"], bill["metadata"]["component"])}
    links = {link["ref"]: link["dependsOn"] for link in bill["dependencies"]}
    assert links.keys() == refs
    assert {needed for needs in links.values() for needed in needs} == refs - {bill["metadata"]["component"]["bom-ref"]}


def test_of_the_same_packages_it_is_the_same(bill: dict[str, Any]) -> None:
    assert json.loads(CliRunner().invoke(main, ["sbom"]).stdout) == bill
