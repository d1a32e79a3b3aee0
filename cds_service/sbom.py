"""What is installed, as a bill of materials: CycloneDX 1.6 in JSON, from the metadata of the packages themselves.

It names what the service can import here and now: its dependencies with theirs, and of its extras (drivers, plots,
traces) those that are installed. Of the same packages it is the same document, so that two can be compared.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_OURS = "osteohooks"
_SERVING = frozenset({"postgresql", "plots", "tracing"})
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?[^;]*(?:;(.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_SPDX = re.compile(r"[A-Za-z0-9.+-]+")
Json = dict[str, Any]
_Found = dict[str, tuple[Distribution, set[str]]]


def document() -> Json:
    """The bill of materials of this environment, as JSON."""
    found: _Found = {}
    _walk(_OURS, _SERVING, found, set())
    ours = _component(found[_OURS][0]) | {"type": "application"}
    parts = [_component(package) for name, (package, _) in sorted(found.items()) if name != _OURS]
    links = [
        {"ref": _ref(package), "dependsOn": sorted(_ref(found[name][0]) for name in needs)}
        for _, (package, needs) in sorted(found.items())
    ]
    serial = uuid5(NAMESPACE_URL, " ".join(sorted(_ref(package) for package, _ in found.values())))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": ours},
        "components": parts,
        "dependencies": links,
    }


def _walk(name: str, extras: frozenset[str], found: _Found, walked: set[tuple[str, frozenset[str]]]) -> None:
    """Collect a package and what it needs, by canonical names; what is not installed is needed elsewhere only."""
    if (name, extras) in walked:
        return
    walked.add((name, extras))
    package, needs = found.setdefault(name, (distribution(name), set()))
    for needed, asked in _needs(package, extras):
        try:
            distribution(needed)
        except PackageNotFoundError:
            continue
        needs.add(needed)
        _walk(needed, asked, found, walked)


def _needs(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Names of what a package needs with these extras, and the extras it asks of each."""
    for text in package.requires or ():
        parsed = _REQUIREMENT.match(text)
        if parsed is None:  # pragma: no cover  # installers refuse such metadata
            continue
        name, asked, marker = parsed.groups()
        only_with = _EXTRA.search(marker or "")
        if only_with is None or only_with[1] in extras:
            yield _canonical(name), frozenset(part.strip() for part in (asked or "").split(",") if part.strip())


def _component(package: Distribution) -> Json:
    name, licences = _canonical(package.metadata["Name"]), _licences(package)
    part = {"type": "library", "bom-ref": _ref(package), "name": name, "version": package.version}
    return part | {"purl": _ref(package)} | ({"licenses": licences} if licences else {})


def _licences(package: Distribution) -> list[Json]:
    """An SPDX expression where the package gives one, else the names it gives."""
    about = package.metadata.json
    if expression := about.get("license_expression"):
        return [{"expression": expression}]
    said = [text.rpartition(" :: ")[2] for text in about.get("classifier", ()) if text.startswith("License ::")]
    short = str(about.get("license", ""))
    named = said or ([short] if _SPDX.fullmatch(short) else [])
    return [{"license": {"name": name}} for name in named]


def _ref(package: Distribution) -> str:
    return f"pkg:pypi/{_canonical(package.metadata['Name'])}@{package.version}"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()
