"""SMART App Launch scopes, version 1 (``patient/Observation.read``) and 2 (``patient/Observation.rs``)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LAUNCH = ("launch", "launch/patient", "launch/encounter")
IDENTITY = ("openid", "fhirUser", "profile")
SESSION = ("offline_access", "online_access")
EXAMPLES = ("patient/*.rs", "patient/*.cruds", "patient/*.read", "patient/*.write", "user/*.rs", "user/*.cruds")

_DATA = re.compile(r"(patient|user)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class DataScope:
    """What a scope gives: at the level ``patient`` or ``user``, on a type or ``*``, the interactions of ``cruds``."""

    level: str
    kind: str
    interactions: str

    def covers(self, interaction: str, kind: str) -> bool:
        """Whether this interaction on this type is among them."""
        return interaction in self.interactions and self.kind in ("*", kind)


def data_scope(scope: str) -> DataScope | None:
    """A scope for data, read; None for another one, one that gives nothing, and granular ones (with ``?``)."""
    parts = _DATA.fullmatch(scope)
    interactions = _VERSION_1.get(parts[3], parts[3]) if parts else ""
    return DataScope(parts[1], parts[2], interactions) if parts and interactions else None


def granted(asked: str) -> str:
    """Those of the scopes asked for that this server knows, once each, in their order."""
    known = (*LAUNCH, *IDENTITY, *SESSION)
    return " ".join(dict.fromkeys(scope for scope in asked.split() if scope in known or data_scope(scope)))


@dataclass(frozen=True, slots=True)
class Access:
    """What one caller may do: a token's scopes, and the patient it is for."""

    scopes: tuple[DataScope, ...]
    patient: str | None

    @classmethod
    def of(cls, scopes: Iterable[str], patient: str | None) -> "Access":
        """The access that a token gives."""
        return cls(tuple(found for scope in scopes if (found := data_scope(scope))), patient)

    def names(self, interaction: str, kind: str) -> bool:
        """Whether any scope names this interaction on this type, for whichever patient."""
        return any(scope.covers(interaction, kind) for scope in self.scopes)

    def permits(self, interaction: str, kind: str, patient: str | None) -> bool:
        """Whether the interaction is allowed on data of this patient; what belongs to nobody may be read by all."""
        for scope in self.scopes:
            ours = scope.level == "user" or patient == self.patient or (patient is None and interaction in "rs")
            if ours and scope.covers(interaction, kind):
                return True
        return False


EVERYTHING = Access((DataScope("user", "*", "cruds"),), None)
"""What a caller without a token may do where none is asked for."""
