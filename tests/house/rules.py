"""The house rules that can be read from the source alone.

Each rule takes the root of a source tree and returns one sentence per breach, beginning with ``file:line``; none when
the rule is kept. They work on any tree, so that test_floors_bite can show each of them failing on an offending one.
"""

import ast
import builtins
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Rule = Callable[[Path], list[str]]

STREET, ROOM, ARCHIVE = PACKAGES = ("cds_service", "hooks", "fhir_mappers")
BELOW_THE_STREET = (ROOM, ARCHIVE)
SHORTEST_FILE, LONGEST_FILE, LONGEST_FUNCTION = 40, 250, 30

MAY_NOT_IMPORT = {
    STREET: ("tests", "benchmarks"),
    ROOM: (STREET, "tests", "benchmarks"),
    ARCHIVE: (STREET, ROOM, "tests", "benchmarks"),
}

_VALUES = ("msgspec.Struct", "msgspec.structs")

# A dotted name stands for itself and everything under it. Reading text or package data is no touch of the world:
# urllib.parse only takes strings apart, importlib.resources only opens what ships with the package.
WORLD = (
    *("time", "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "io.open", "open", "sqlite3", "sqlalchemy", "platform"),
    *(
        "requests",
        "urllib",
        "urllib3",
        "http",
        "socket",
        "ssl",
        "ftplib",
        "smtplib",
        "asyncio",
        "flask",
        "gunicorn",
        "click",
    ),
    *("subprocess", "threading", "multiprocessing", "concurrent", "signal", "importlib.import_module", "__import__"),
    *("sys.stdin", "sys.stdout", "sys.stderr", "sys.argv", "print", "input", "breakpoint"),
    *("logging.handlers", "logging.config", "logging.basicConfig", "logging.FileHandler", "logging.StreamHandler"),
)
HARMLESS = ("urllib.parse", "http.HTTPStatus")

SILENCER = re.compile(r"#\s*(type:\s*ignore|pragma:\s*no\s*(?:cover|branch))(?P<code>\[[\w, -]+\])?(?P<reason>.*)")


def imports_go_down(root: Path) -> list[str]:
    """The archive knows neither room nor street, the room does not know the street, and no package knows its tests."""
    return [
        f"{source.at(line)}: {package} may not import {name}"
        for package, banned in MAY_NOT_IMPORT.items()
        for source in _sources(root, package)
        for line, name in source.imports()
        if _within(name, banned)
    ]


def checks_see_only_the_record(root: Path) -> list[str]:
    """A check sees the record, the mould of a check, and the standard library."""
    return [
        f"{source.at(line)}: a check may not import {name}"
        for source in _sources(root, f"{ROOM}/checks")
        for line, name in source.imports()
        if not _within(name, (f"{ARCHIVE}.record", f"{ROOM}.check")) and not _is_standard(name)
    ]


def record_is_plain(root: Path) -> list[str]:
    """The record imports the standard library, the base of its values (docs/adr/0011) and itself."""
    return [
        f"{source.at(line)}: the record may not import {name}"
        for source in _sources(root, f"{ARCHIVE}/record")
        for line, name in source.imports()
        if not _within(name, (f"{ARCHIVE}.record", *_VALUES)) and not _is_standard(name)
    ]


def only_the_street_touches_the_world(root: Path) -> list[str]:
    """Below the street: no clock, environment, disk, network, terminal, threads or log handlers."""
    return [
        f"{source.at(line)}: {name} touches the world, which only {STREET} may"
        for package in BELOW_THE_STREET
        for source in _sources(root, package)
        for line, name in source.touched()
        if _within(name, WORLD) and not _within(name, HARMLESS)
    ]


def files_are_small(root: Path) -> list[str]:
    """A module has 40 to 250 lines; only ``__init__`` and ``__main__`` may be shorter."""
    breaches = []
    for source in _all_sources(root):
        length = len(source.text.splitlines())
        if length > LONGEST_FILE:
            breaches.append(f"{source.at(length)}: {length} lines, at most {LONGEST_FILE}: give it a second room")
        if length < SHORTEST_FILE and not source.path.stem.startswith("__"):
            breaches.append(
                f"{source.at(length)}: {length} lines, at least {SHORTEST_FILE}: let it move in with a neighbour"
            )
    return breaches


def functions_are_small(root: Path) -> list[str]:
    """A function aims at 20 lines of code and never has more than 30; docstring, comments and blank lines are free."""
    return [
        f"{source.at(node.lineno)}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}"
        for source in _all_sources(root)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := source.code_lines(node)) > LONGEST_FUNCTION
    ]


def silencers_have_reasons(root: Path) -> list[str]:
    """``type: ignore`` names its error; it and ``pragma: no cover`` say why, after a second ``#`` or a dash."""
    breaches = []
    for source in _all_sources(root):
        for line, comment in source.comments():
            found = SILENCER.search(comment)
            if found is None:
                continue
            if found[1].startswith("type") and not found["code"]:
                breaches.append(f"{source.at(line)}: type: ignore without the error it silences")
            if not re.match(r"\s*[#–—:-]+\s*\w{2,}", found["reason"]):
                breaches.append(f"{source.at(line)}: {found[1]} without a reason")
    return breaches


def locks_are_portable(root: Path) -> list[str]:
    """A lock pins each distribution by hash and names no index host and no path of one machine."""
    breaches = []
    for path in sorted(root.glob("requirements*.lock")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "://" in line or re.search(r"(^|[\s=])(/|file:/|--(extra-)?index|--find-links|--trusted-host)", line):
                breaches.append(f"{path.name}:{number}: names a host or a path: {line.strip()}")
            if re.match(r"\w", line) and not re.match(r"[\w.-]+==\S+ \\$", line):
                breaches.append(f"{path.name}:{number}: not pinned by version and hash: {line.strip()}")
    return breaches


RULES: tuple[Rule, ...] = (
    imports_go_down,
    checks_see_only_the_record,
    record_is_plain,
    only_the_street_touches_the_world,
    files_are_small,
    functions_are_small,
    silencers_have_reasons,
    locks_are_portable,
)


@dataclass(frozen=True)
class Source:
    """One Python file of a tree."""

    root: Path
    path: Path
    text: str
    tree: ast.Module

    def at(self, line: int) -> str:
        """Where a breach is, as editors understand it."""
        return f"{self.path.relative_to(self.root).as_posix()}:{line}"

    def imports(self) -> Iterator[tuple[int, str]]:
        """Each imported thing by its full dotted name: ``from a import b`` is ``a.b``, relative ones are resolved."""
        package = self.path.relative_to(self.root).parent.parts
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else ()
                module = ".".join((*above, *([node.module] if node.module else [])))
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)

    def touched(self) -> Iterator[tuple[int, str]]:
        """Each imported thing, and each imported or built-in name used, traced back to what it was imported as."""
        yield from self.imports()
        known = self._aliases()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name) and (dotted := _dotted(node)):
                first, _, rest = dotted.partition(".")
                if first in known or dotted in dir(builtins):
                    yield node.lineno, ".".join(filter(None, (known.get(first, first), rest)))

    def comments(self) -> Iterator[tuple[int, str]]:
        """Each comment with its line; text that merely looks like one, inside a string, is none."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string

    def code_lines(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        """Lines of code in a function's body."""
        body = function.body[1:] if ast.get_docstring(function) is not None else function.body
        lines = self.text.splitlines()
        spans = (lines[node.lineno - 1 : node.end_lineno] for node in body)
        return sum(1 for span in spans for line in span if line.strip() and not line.strip().startswith("#"))

    def _aliases(self) -> dict[str, str]:
        """Local name → full dotted name, for everything imported anywhere in the file."""
        known = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                known.update(
                    {
                        a.asname or a.name.partition(".")[0]: (a.asname and a.name) or a.name.partition(".")[0]
                        for a in node.names
                    }
                )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                known.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        return known


def _all_sources(root: Path) -> Iterator[Source]:
    for package in PACKAGES:
        yield from _sources(root, package)


def _sources(root: Path, folder: str) -> Iterator[Source]:
    for path in sorted((root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield Source(root, path, text, ast.parse(text, str(path)))


def _within(name: str, families: tuple[str, ...]) -> bool:
    return any(name == family or name.startswith(f"{family}.") for family in families)


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    return None
