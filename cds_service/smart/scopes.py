"""SMART scopes, asked for and granted: version 1 (``patient/Observation.read``) and 2 (``patient/Observation.rs``)."""

import re
from collections.abc import Iterable

EHR_LAUNCH, STANDALONE = ("launch",), ("launch/patient",)
WRITTEN = ("QuestionnaireResponse", "Observation")  # what answers to a form become

_DATA = re.compile(r"(?:patient|user)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(\?.*)?")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_KIND = re.compile(r"([A-Z][A-Za-z]+)[/?]")
_ALWAYS = ("Patient", "Medication", "QuestionnaireResponse")
_WHO = ("openid", "fhirUser")
_LASTING = ("online_access", "offline_access")  # the first: the app needs nothing when the user has gone


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


def kinds_of(templates: Iterable[str]) -> tuple[str, ...]:
    """The resource types that prefetch templates ask for, and those the app reads beside them, in order."""
    asked = {found[1] for template in templates if (found := _KIND.match(template))}
    return tuple(sorted(asked.union(_ALWAYS)))


def wanted(
    launch: tuple[str, ...],
    kinds: Iterable[str],
    known: frozenset[str],
    capabilities: frozenset[str],
    agreed: tuple[str, ...] = (),
) -> str:
    """The scopes to ask for: no more than the app needs, in the version the EHR understands.

    Args:
        launch: `EHR_LAUNCH` or `STANDALONE`.
        kinds: resource types that are read.
        known, capabilities: what the EHR says it knows; empty where it says nothing.
        agreed: asked for instead of ours, in these words.
    """
    if agreed:
        return " ".join(dict.fromkeys((*launch, *agreed)))
    lasting = [scope for scope in _LASTING if scope in known] or ([] if known else [_LASTING[0]])
    second = "permission-v2" in capabilities or any(scope.endswith((".rs", ".cruds")) for scope in known)
    read, write = ("rs", "c") if second else ("read", "write")
    data = [f"patient/{kind}.{read}" for kind in kinds] + [f"patient/{kind}.{write}" for kind in WRITTEN]
    return " ".join((*launch, *_WHO, *lasting[:1], *data))
