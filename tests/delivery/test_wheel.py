"""The wheel: it holds every file of the packages, and serves without the repository."""

import json
import os
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.auth.test_key_source import wait_for
from tests.service.test_server import environment, free_port

ROOT = Path(__file__).parents[2]
PACKAGES = ("cds_service", "hooks", "fhir_mappers")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = (*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run(build, check=True, timeout=300, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("target")
    into = (*PIP, "install", "--no-index", "--no-deps", "--no-compile", "--target", str(target), str(wheel))
    subprocess.run(into, check=True, timeout=300, cwd=target)
    return target


def test_it_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == there
    assert {Path(name).suffix for name in held} >= {".py", ".toml", ".csv", ".html", ".css", ".js", ".json", ".svg"}


def test_it_serves_a_card_from_another_place_without_the_repository(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    # -S -P: neither the editable install of this environment nor the folder we are in can help
    path = os.pathsep.join((str(installed), sysconfig.get_path("purelib")))
    surroundings = environment(PYTHONPATH=path, OSTEOHOOKS_PORT=str(port), OSTEOHOOKS_STATE_DIR=str(tmp_path / "var"))
    program = (
        "import cds_service, sys; sys.stderr.write(cds_service.__file__); from cds_service.cli import main; main()"
    )
    command = [sys.executable, "-S", "-P", "-c", program, "serve"]
    written = tmp_path / "written.txt"
    with written.open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=log, stderr=log)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(f"{base}/livez"))
        assert written.read_text().startswith(str(installed)), written.read_text()
        body = urllib.request.urlopen(f"{base}/sandbox/requests/lung-zol-clearance-42", timeout=10).read()
        call = urllib.request.Request(
            f"{base}/cds-services/bone-order-sign", body, {"Content-Type": "application/json"}, method="POST"
        )
        cards = json.load(urllib.request.urlopen(call, timeout=20))["cards"]
        assert "give 3.3 mg" in cards[0]["summary"]
        assert json.load(urllib.request.urlopen(f"{base}/fhir/PlanDefinition/ZOL-DOSE-01", timeout=20))["id"]
        assert b"<html" in urllib.request.urlopen(f"{base}/app/reference", timeout=10).read()
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(address, timeout=2).status == 200)
    except OSError:
        return False
