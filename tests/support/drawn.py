"""Drawn tables: tests a clinician can read and extend.

A table is text with a header line, a ruler and rows; cells are separated by ``|``, a blank cell is a missing value, a
``#`` starts a remark. ``rows()`` turns it into dictionaries.
"""

from collections.abc import Iterator


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a drawn table by column name; the remark, when there is one, under ``#``."""
    lines = [line for line in table.splitlines() if line.strip()]
    header = [name.strip() for name in _cells(lines[0])]
    return [_row(header, line) for line in lines[1:] if not _is_ruler(line)]


def _row(header: list[str], line: str) -> dict[str, str]:
    content, _, remark = line.partition("#")
    cells = [cell.strip() for cell in _cells(content)]
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells under {len(header)} headings: {line.strip()}")
    return {**dict(zip(header, cells, strict=True)), "#": remark.strip()}


def _cells(line: str) -> Iterator[str]:
    return iter(line.strip().split("|"))


def _is_ruler(line: str) -> bool:
    return not set(line.strip()) - set("-+ ")


def name(row: dict[str, str]) -> str:
    """A readable id for one row."""
    shown = [f"{key}={value}" for key, value in row.items() if value and key != "#"]
    return ", ".join(shown)
