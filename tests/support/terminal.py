"""A terminal in which the commands of the documentation are run as they stand."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.auth.test_key_source import wait_for
from tests.service.test_server import environment, free_port


class Terminal:
    """Runs the commands of the document in one folder, with ``osteohooks`` on the path and a free port for 8080."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "bin").mkdir()
        shim = folder / "bin" / "osteohooks"
        start = "from cds_service.cli import main; main(prog_name='osteohooks')"
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n')
        shim.chmod(0o755)
        self.environment = environment(PATH=f"{folder / 'bin'}:{os.environ['PATH']}", OSTEOHOOKS_PORT=str(self.port))

    def _command(self, *commands: str) -> list[str]:
        text = "\n".join(("set -eu", *commands))
        return ["bash", "-c", text.replace("8080", str(self.port))]

    def run(self, *commands: str) -> list[str]:
        """The lines that the commands write; they must succeed."""
        done = subprocess.run(
            self._command(*commands),
            cwd=self.folder,
            env=self.environment,
            timeout=60,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    @contextmanager
    def serving(self, command: str = "osteohooks serve") -> Iterator[Path]:
        """The service in a terminal of its own; gives the file with what is written there."""
        written = self.folder / "written.txt"
        words = self._command(command)
        words[2] = words[2].replace("osteohooks serve", "exec osteohooks serve")
        with written.open("w") as log:
            process = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        try:
            wait_for(self._answers)
            yield written
        finally:
            process.terminate()
            process.wait(20)

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError):
            return False
