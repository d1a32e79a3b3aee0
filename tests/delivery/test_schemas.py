"""deploy/ and the Dockerfile, held against the rules of others: the Compose specification, the API of Kubernetes, old and
new, and the linter of Dockerfiles.

A Kustomization has no schema there (kubectl reads it, and never sends it to a cluster): `test_deployments` holds it
against the folder, and builds it where there is a kubectl.
"""

import subprocess
import sysconfig
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner, Result
from kubernetes_validate import SchemaNotFoundError, ValidationError, latest_version, validate

from tests.delivery.test_deployments import COMPOSE, DEPLOY, DOCKERFILE, KUBERNETES, ROOT, of

OLDEST, NEWEST = "1.25", latest_version().removesuffix(".0")  # the range that the validator knows


def compose(path: Path) -> Result:
    """What the validator says of a file; its schemas are its own, nothing is fetched."""
    return CliRunner().invoke(check_jsonschema, ["--builtin-schema", "vendor.compose-spec", str(path)])


def kinds(row: dict[str, Any]) -> str:
    return f"{row['kind']} {row['metadata']['name']}"


def test_the_compose_file_keeps_to_the_specification() -> None:
    said = compose(DEPLOY / "compose.yaml")
    assert said.exit_code == 0, said.output


@pytest.mark.parametrize(("key", "value"), [("restrat", "no"), ("stop_grace_period", 30.5), ("read_only", ["yes"])])
def test_a_mistake_in_the_compose_file_is_found(tmp_path: Path, key: str, value: object) -> None:
    wrong = deepcopy(COMPOSE)
    wrong["services"]["service"][key] = value
    path = tmp_path / "compose.yaml"
    path.write_text(yaml.safe_dump(wrong), "utf-8")
    said = compose(path)
    assert said.exit_code == 1
    assert "services.service" in said.output


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("row", KUBERNETES, ids=kinds)
def test_every_manifest_keeps_to_the_api_of_kubernetes(row: dict[str, Any], version: str) -> None:
    assert validate(row, version, strict=True) == version


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "replicas"), "two"),
        ("Deployment", ("spec", "template", "spec", "containers", 0, "readynessProbe"), {}),
        ("NetworkPolicy", ("spec", "egress", 0, "ports", 0, "port"), ["53"]),
        ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), None),
        ("Job", ("spec", "template", "spec", "volumes", 0, "secrets"), {}),
    ],
)
def test_a_mistake_in_a_manifest_is_found(kind: str, path: tuple[str | int, ...], value: object) -> None:
    wrong = deepcopy(of(kind))
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        validate(wrong, NEWEST, strict=True)


def hadolint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sysconfig.get_path("scripts")) / "hadolint"), "--no-color", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_dockerfile_is_read_without_a_complaint() -> None:
    said = hadolint(ROOT / "Dockerfile")
    assert (said.returncode, said.stdout) == (0, ""), said.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("USER 10001:10001", "USER root"),
        ("WORKDIR /src", "WORKDIR src"),
        ("HEALTHCHECK --interval", "HEALTHCHEKC --interval"),
    ],
)
def test_a_mistake_in_the_dockerfile_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in DOCKERFILE
    path = tmp_path / "Dockerfile"
    path.write_text(DOCKERFILE.replace(right, wrong), "utf-8")
    said = hadolint(path)
    assert said.returncode == 1
    assert f"{path}:" in said.stdout


def test_only_what_never_reaches_a_cluster_has_no_schema() -> None:
    customized = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8"))
    with pytest.raises(SchemaNotFoundError) as caught:
        validate(customized, NEWEST, strict=True)
    assert caught.value.kind == "Kustomization"
