"""Where a client of the clients file has its public keys: one file, or one pinned address."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.addresses import secure_address
from cds_service.client_row import PRESET_FOLDER, WRITE, Problem, readable
from cds_service.key_source import KeySource, from_file, from_url
from cds_service.keys import KeySet, read_keys


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A file whose keys were read, or an address whose keys are read at the first call.

    Attributes:
        name: as it is written in the clients file.
        ignored: one sentence for each key of the file that is for something else.
    """

    name: str
    file: Path | None = None
    keys: KeySet | None = None
    ignored: tuple[str, ...] = ()

    @property
    def is_preset(self) -> bool:
        """Whether the keys come with the product."""
        return self.file is not None and self.file.parent == PRESET_FOLDER

    def source(self, client: str) -> KeySource:
        """The keys, kept and renewed."""
        load = partial(from_url, self.name) if self.file is None else partial(from_file, self.file)
        return KeySource(client, load, self.keys)


def key_place(row: Mapping[str, Any], where: str, folder: Path) -> tuple[KeyPlace | None, list[Problem]]:
    """The one place a row names, or what is wrong with it. A value that is no text is reported with the other keys."""
    file, url = row.get("jwks_file"), row.get("jwks_url")
    if file is None and url is None:
        what = f"a client needs its public keys. Write {WRITE['jwks_file']}; or {WRITE['jwks_url']}."
        return None, [Problem(f"{where}, jwks_file or jwks_url", what)]
    if file is not None and url is not None:
        return None, [Problem(f"{where}, jwks_file and jwks_url", "keys come from one place: leave one of them out.")]
    if isinstance(url, str):
        return _from_url(url)
    return _from_file(file, f"{where}, jwks_file", folder) if isinstance(file, str) else (None, [])


def _from_url(url: str) -> tuple[KeyPlace | None, list[Problem]]:
    try:
        return KeyPlace(secure_address(url)), []
    except ValueError:  # reported with the other keys of the row
        return None, []


def _from_file(name: str, where: str, folder: Path) -> tuple[KeyPlace | None, list[Problem]]:
    try:
        path = readable(name, folder)
        reading = read_keys(path.read_bytes())
    except ValueError as wrong:
        return None, [Problem(where, str(wrong))]
    if reading.faults:
        return None, [Problem(where, f"{fault}.") for fault in reading.faults]
    return KeyPlace(name, path, reading.keys, reading.ignored), []
