"""Policies and shipped patients for the tests of a site."""

from datetime import date
from pathlib import Path
from typing import Any

from cds_service.pipeline import Parts, Reply, advise, build_parts
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from hooks.policy import LimitChange, Policy
from hooks.request import HookRequest
from hooks.services import services

DAY = date(2026, 3, 16)
WHY = {"en": "our pumps are set so", "fr": "nos pompes sont réglées ainsi"}
EMPTY = Policy("site", date(2026, 1, 1), "Dr A. Example", date(2025, 12, 20))
VERSION = 'id = "site"\n[[version]]\nfrom = 2026-01-01\napproved_by = "Dr A. Example"\napproved_on = 2025-12-20\n'


def parts(policy: Policy | None = None, **changes: Any) -> Parts:
    """What an installation works with, by a policy or as shipped."""
    return build_parts(lambda: DAY, "aura-2026", policy, **changes)


def ask(
    scenario_id: str, made: Parts, language: str = "en", hook: str | None = None, edition: str | None = None
) -> Reply:
    """The reply to a shipped patient on the day the scenario plays."""
    about = scenario(scenario_id)
    service = next(one for one in services() if one.hook == (hook or about.hook))
    call = HookRequest.parse(hook_request_bytes(about, hook=service.hook), service.hook)
    return advise(call, service, made, language, as_of=about.as_of, edition=edition)


def written(folder: Path, text: str, name: str = "policy.toml") -> Path:
    """A policy file."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def dental(value: str) -> LimitChange:
    """How long a dental examination counts."""
    return LimitChange("AR-DENTAL-01.freshness", value)
