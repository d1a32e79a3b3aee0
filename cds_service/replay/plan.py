"""What a replay is asked to do: plain data, so that every worker, here or on a cluster, gets exactly the same."""

import hashlib
import hmac
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec

from cds_service.pipeline import Parts, build_parts
from cds_service.site.policy_file import read_policy
from cds_service.store.entries import config_version, software_version
from hooks.policy import Policy
from hooks.services import Service, services

HOOKS = ("patient-view", "order-sign")
BASE, OTHER = "findings", "against"
"""The two sides of a comparison, as their files are named."""


class Side(msgspec.Struct, frozen=True):
    """What is asked on one side: an edition, under the policy of a file or (None) as shipped.

    ``digest`` is of the policy file, so that an interrupted replay is not resumed under another one.
    """

    edition: str
    policy: str | None = None
    digest: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """Everything that decides what comes out.

    Attributes:
        as_of: the day of the calls; None: each day on which something came into the record of a patient.
        first, last: the days of calls where ``as_of`` is None; None leaves that end open.
        sides: one, or two that are compared.
        names: write the ids of patients and orders instead of keyed hashes.
        complete: what no file holds was looked for and is not there; else it was not exported.
        secret: the key of the hashes; it is not written beside the results.
    """

    hook: str
    as_of: date | None
    sides: tuple[Side, ...]
    language: str
    secret: bytes
    first: date | None = None
    last: date | None = None
    names: bool = False
    complete: bool = False

    def fingerprint(self, sources: object) -> str:
        """Of the plan, the files and the software: the same only if the same comes out."""
        about = msgspec.to_builtins((self, sources, software_version(), config_version()))
        return hashlib.sha256(msgspec.json.encode(about, order="sorted")).hexdigest()

    def key(self, patient: str) -> str:
        """The keyed hash of a patient: decides the order of the results and, unless named, is what they show."""
        return hmac.digest(self.secret, b"patient\x1f" + patient.encode("utf-8", "surrogatepass"), "sha256").hex()

    def order(self, reference: str) -> str:
        """How the results name an order."""
        if self.names or not reference:
            return reference
        return hmac.digest(self.secret, b"order\x1f" + reference.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]

    def asks_on(self, day: date) -> bool:
        """Whether calls of this day are wanted."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def side_of(edition: str, policy: str | None) -> Side:
    """A side with the digest of its policy.

    Raises:
        BadPolicy: the policy must not be used.
        OSError: the policy cannot be read.
    """
    if policy is None:
        return Side(edition)
    newest = _policy(policy)
    return Side(edition, policy, hashlib.sha256(repr(newest).encode()).hexdigest())


@lru_cache(maxsize=8)
def parts_of(side: Side) -> Parts:
    """The tables of one side, made once in every process. The newest version of a policy holds for every day: the
    question is what it would say.
    """
    return build_parts(_no_clock, side.edition, _policy(side.policy) if side.policy else None)


def service_of(hook: str, parts: Parts) -> Service:
    """The service that answers the hook, asking for the site's own codes too."""
    asking = tuple(parts.services.values()) or services()
    return next(service for service in asking if service.hook == hook)


def _policy(path: str) -> Policy:
    return read_policy(Path(path)).all[-1]


def _no_clock() -> date:
    raise AssertionError("a replay gives the day of every call")
