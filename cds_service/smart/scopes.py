"""SMART scopes of version 1 (``patient/Observation.read``) and 2 (``patient/Observation.rs``)."""

import re
from collections.abc import Iterable

_DATA = re.compile(r"(?:patient|user)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(\?.*)?")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
WRITTEN = ("QuestionnaireResponse", "Observation")  # what answers to a form become


def covers(scopes: Iterable[str], interaction: str, kind: str) -> bool:
    """Whether they give an interaction (one of ``c r u d s``) on a resource type, for this patient or for the user.

    A granular scope (``patient/Observation.c?category=...``) covers a part we cannot judge: it gives nothing here.
    """
    for scope in scopes:
        found = _DATA.fullmatch(scope)
        if found is None or found[3] is not None or found[1] not in ("*", kind):
            continue
        if interaction in _VERSION_1.get(found[2], found[2]):
            return True
    return False


def may_write(scopes: Iterable[str]) -> bool:
    """Whether answers to forms can be written back."""
    granted = frozenset(scopes)
    return all(covers(granted, "c", kind) for kind in WRITTEN)
