"""deploy/ and the Dockerfile, held against the product: settings, ports, probes, commands, names. No engine is needed."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.settings import PREFIX, Settings
from tests.forms.filled import TODAY

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OURS = {name: row for name, row in COMPOSE["services"].items() if row["image"].startswith("osteohooks:")}
KUBERNETES = [
    document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
IMAGE = re.compile(r"[a-z]+:\d+\.\d+\.\d+[\w.-]*|[a-z]+:\d+\.\d+-[\w.-]+")


def of(kind: str) -> dict[str, Any]:
    (found,) = [each for each in KUBERNETES if each["kind"] == kind]
    return found


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The template of each workload with its only container."""
    for each in KUBERNETES:
        if each["kind"] in ("Deployment", "Job"):
            template = each["spec"]["template"]
            (container,) = template["spec"]["containers"]
            yield template, container


def settled(said: dict[str, str]) -> Settings:
    """The settings that these variables make; what the operator fills in is put in its place."""
    given = {name: re.sub(r"\$\{[^}]*\}", "x" * 32, value) for name, value in said.items()}
    assert all(name.startswith(PREFIX) for name in given)
    fields = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    assert fields.keys() <= Settings.model_fields.keys()
    return Settings(**fields)


@pytest.mark.parametrize("said", [*(row["environment"] for row in OURS.values()), of("ConfigMap")["data"]])
def test_the_settings_are_settings_and_safe_for_patients(said: dict[str, str]) -> None:
    settings = settled(said)
    assert settings.host == "0.0.0.0"
    assert settings.clients is not None, "who calls must be known"
    assert settings.public_url is not None
    assert settings.public_url.startswith("https://")
    assert not settings.sandbox
    assert not settings.allow_unauthenticated
    assert str(settings.state_dir) == "/var/lib/osteohooks"
    assert settings.port == 8080


@pytest.mark.parametrize("path", [ROOT / "Dockerfile", *DEPLOY.rglob("*.yaml")], ids=lambda path: path.name)
def test_no_variable_is_named_that_does_not_exist(path: Path) -> None:
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", path.read_text("utf-8")))
    assert named <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(
    "command", [*(row["command"] for row in OURS.values()), *(container["command"] for _, container in pods())]
)
def test_what_is_started_is_a_command_of_ours(command: list[str]) -> None:
    assert command[0] == "osteohooks"
    assert CliRunner().invoke(main, [*command[1:], "--help"]).exit_code == 0
    assert yaml.safe_load(DOCKERFILE.rsplit("\nCMD ", 1)[1]) == ["osteohooks", "serve"]


def test_every_image_is_pinned_by_version() -> None:
    named = [row["image"] for row in COMPOSE["services"].values()] + [container["image"] for _, container in pods()]
    named += re.findall(r"^ARG PYTHON=(\S+)", DOCKERFILE, re.MULTILINE)
    assert len(named) == 7
    assert [image for image in named if not IMAGE.fullmatch(image)] == []
    assert {image for image in named if image.startswith("osteohooks")} == {f"osteohooks:{_version()}"}


def _version() -> str:
    found = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_probes_ask_pages_that_exist() -> None:
    known = {rule.rule for rule in create_app(Settings(sandbox=False), lambda: TODAY).url_map.iter_rules()}
    (deployed,) = [container for _, container in pods() if "ports" in container]
    probes = {name: deployed[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz",
    }  # fmt: skip
    assert {probe["port"] for probe in probes.values()} == {"http"}
    assert {"/livez", "/readyz", "/metrics"} <= known
    for text in (DOCKERFILE, str(COMPOSE["services"]["service"]["healthcheck"]["test"])):
        assert "/livez" in text


def test_other_machines_reach_every_page_but_probes_and_metrics() -> None:
    (rule,) = of("Ingress")["spec"]["rules"]
    opened = {path["path"] for path in rule["http"]["paths"]}
    pages = create_app(Settings(sandbox=False, metrics=True), lambda: TODAY).url_map.iter_rules()
    known = {f"/{page.rule.split('/')[1]}" for page in pages} | {"/smart"}  # which needs a client that launches
    assert {"/metrics", "/readyz", "/livez"} <= known
    assert opened == known - {"/metrics", "/readyz", "/livez"}
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert "@inside path /metrics /readyz" in caddy
    assert "respond @inside 404" in caddy


def test_ports_agree() -> None:
    said = of("ConfigMap")["data"]["OSTEOHOOKS_PORT"]
    (deployed,) = [container for _, container in pods() if "ports" in container]
    (named,) = deployed["ports"]
    assert (named["name"], str(named["containerPort"])) == ("http", said)
    assert of("Service")["spec"]["ports"][0]["targetPort"] == "http"
    assert of("NetworkPolicy")["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": int(said)}]
    assert OURS["service"]["environment"]["OSTEOHOOKS_PORT"] == said
    assert f"reverse_proxy service:{said}" in (DEPLOY / "Caddyfile").read_text("utf-8")
    assert f"EXPOSE {said}" in DOCKERFILE
    assert f"OSTEOHOOKS_PORT={said}" in DOCKERFILE


def test_nothing_runs_as_root_or_writes_where_it_should_not() -> None:
    for template, container in pods():
        pod, own = template["spec"]["securityContext"], container["securityContext"]
        assert (pod["runAsNonRoot"], pod["runAsUser"], pod["seccompProfile"]) == (
            True,
            10001,
            {"type": "RuntimeDefault"},
        )
        assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False)
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert template["spec"]["automountServiceAccountToken"] is False
        assert template["spec"]["enableServiceLinks"] is False, "the variables of a Service would stop the start"
        assert container["resources"]["limits"].keys() == container["resources"]["requests"].keys() == {"cpu", "memory"}
        mounts = {each["name"] for each in container["volumeMounts"]}
        assert mounts == {each["name"] for each in template["spec"]["volumes"]}
    for row in OURS.values():
        assert (row["read_only"], row["user"], row["cap_drop"]) == (True, "10001:10001", ["ALL"])
    assert "USER 10001:10001" in DOCKERFILE
    assert "useradd --system --uid 10001" in DOCKERFILE


def test_the_names_of_kubernetes_agree() -> None:
    labels = {template["metadata"]["labels"]["app"] for template, _ in pods()}
    deployed = of("Deployment")
    assert deployed["spec"]["selector"]["matchLabels"] == deployed["spec"]["template"]["metadata"]["labels"]
    assert set(of("NetworkPolicy")["spec"]["podSelector"]["matchExpressions"][0]["values"]) == labels
    assert of("Service")["spec"]["selector"] == of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert of("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == deployed["metadata"]["name"]
    (host,) = of("Ingress")["spec"]["tls"][0]["hosts"]
    assert of("ConfigMap")["data"]["OSTEOHOOKS_PUBLIC_URL"] == f"https://{host}"
    assert {each["metadata"].get("namespace", "osteohooks") for each in KUBERNETES} == {"osteohooks"}
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}


def test_who_is_stopped_has_time_for_calls_under_way() -> None:
    grace = settled(of("ConfigMap")["data"]).grace
    assert of("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > grace + 5
    assert int(OURS["service"]["stop_grace_period"].removesuffix("s")) > Settings(sandbox=False).grace


def test_compose_starts_in_order_and_hides_the_database() -> None:
    rows = COMPOSE["services"]
    assert rows["service"]["depends_on"] == {"migration": {"condition": "service_completed_successfully"}}
    assert rows["migration"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert rows["database"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert [name for name, row in rows.items() if "ports" in row] == ["proxy"]
    for row in rows.values():
        assert set(row["networks"]) <= COMPOSE["networks"].keys()
        named = {each.split(":")[0] for each in row.get("volumes", ()) if not each.startswith("./")}
        assert named <= COMPOSE["volumes"].keys()


def test_what_the_operator_fills_in_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    given = {line.split("=")[0] for line in (DEPLOY / ".env.example").read_text("utf-8").splitlines() if "=" in line}
    assert asked == given


def test_what_the_image_is_built_from_is_there_and_let_in() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = [
        shlex.split(line)[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists()
        assert name in let_in


def test_the_driver_of_the_database_is_cut_from_the_lock_with_its_hashes() -> None:
    """What the awk of the Dockerfile keeps, said in Python."""
    kept, keep = [], False
    for line in (ROOT / "requirements-test.lock").read_text("utf-8").splitlines():
        keep = line.startswith("psycopg") if re.match("[a-z]", line) else keep
        kept += [line] if keep else []
    assert "/^[a-z]/ { keep = /^psycopg/ } keep" in DOCKERFILE
    assert [line.split("==")[0] for line in kept if "==" in line] == ["psycopg", "psycopg-binary"]
    assert sum("--hash=sha256:" in line for line in kept) > 2


def test_the_image_is_built_in_stages_and_only_the_result_is_kept() -> None:
    stages = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert stages == [("${PYTHON}", "base"), ("base", "wheel"), ("base", "install"), ("base", "runtime")]
    assert re.search(r"^ARG PYTHON=python:\d+\.\d+\.\d+-slim-", DOCKERFILE, re.MULTILINE)
    runtime = DOCKERFILE.split("AS runtime\n")[1]
    assert re.findall(r"^COPY (.*)$", runtime, re.MULTILINE) == ["--from=install /opt/osteohooks /opt/osteohooks"]
    assert "pip install" not in runtime
    assert "\nHEALTHCHECK " in runtime
    assert all(
        "--require-hashes" in line or "--no-index" in line for line in re.findall(r".*pip install.*", DOCKERFILE)
    )


@pytest.mark.skipif(which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_makes_of_the_manifests_what_stands_in_them() -> None:
    build = ["kubectl", "kustomize", str(DEPLOY / "kubernetes")]
    done = subprocess.run(build, capture_output=True, text=True, timeout=60, check=True)
    made = {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(done.stdout)}
    assert made == {(each["kind"], each["metadata"]["name"]): each for each in KUBERNETES}
