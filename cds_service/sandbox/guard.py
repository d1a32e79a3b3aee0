"""Keeps the sandbox out of production: it shows patients to anybody who asks and signs launches for everyone.

Three fences, each enough by itself: the setting is off wherever other machines can reach the service (`Settings`); a
service that is told to have it beside real EHRs, or where others can reach it, does not start; and each request must be
addressed to this machine, so that a proxy in front gets nothing through and no foreign name can be made to point here.
"""

from urllib.parse import urlsplit

from flask import Blueprint, request

from cds_service.errors import Refusal
from cds_service.settings import Settings, is_loopback

PATH = "/sandbox"


class SandboxRefused(ValueError):
    """The sandbox may not run in this installation; the message says why and what to do."""


class NotThisMachine(Refusal):
    """404: the sandbox was called by a name that other machines could use."""

    status, code = 404, "not-found"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing at this address.",
            "The sandbox answers on the machine it runs on, under 127.0.0.1 or localhost.",
            "Open it there.",
        )


def refusal(settings: Settings) -> str | None:
    """Why a service with these settings may not have the sandbox; None when it may, or has none."""
    if not settings.sandbox:
        return None
    if not is_loopback(settings.host):
        return (
            "  OSTEOHOOKS_SANDBOX is true, and OSTEOHOOKS_HOST can be reached from other machines.\n"
            "  The sandbox is for one machine: set OSTEOHOOKS_SANDBOX=false, or listen on 127.0.0.1."
        )
    if settings.clients is not None:
        return (
            "  OSTEOHOOKS_SANDBOX is true, and OSTEOHOOKS_CLIENTS names real EHRs.\n"
            "  The sandbox must not run beside them: set OSTEOHOOKS_SANDBOX=false, or leave OSTEOHOOKS_CLIENTS out."
        )
    if settings.workers > 1:
        return (
            "  OSTEOHOOKS_SANDBOX is true, and OSTEOHOOKS_WORKERS is more than one.\n"
            "  The patients of the sandbox live in the memory of one process: set one of the two."
        )
    return None


def require_allowed(settings: Settings) -> None:
    """Stop the start.

    Raises:
        SandboxRefused: the sandbox is on where it may not be.
    """
    reason = refusal(settings)
    if reason is not None:
        raise SandboxRefused(reason)


def only_this_machine(pages: Blueprint) -> None:
    """Let ``pages`` answer only requests that are addressed to this machine by its own name."""

    @pages.before_request
    def check() -> None:
        # Rightly read by urlsplit, also as [::1]:8080. A browser sends the name it was given, whatever it points to.
        if not is_loopback(urlsplit(f"//{request.host}").hostname or ""):
            raise NotThisMachine
