"""The decision log as the rest of the street knows it: one entry per answered call, never a reason not to answer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cds_service.clients import Caller
from cds_service.store.captures import CaptureKey, capture_line, replayable
from cds_service.store.entries import Answered, config_version, entry, software_version
from cds_service.store.health import ENTRY
from cds_service.store.keys import Keys
from cds_service.store.writer import Writer
from hooks.quiet import Whose
from hooks.request import HookRequest

Clock = Callable[[], datetime]
"""The time now, with a time zone."""


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class DecisionLog:
    """Appends entries. Thread-safe, and safe to use on both sides of a fork."""

    def __init__(self, writer: Writer, keys: Keys) -> None:
        self._writer, self._keys = writer, keys
        config_version(), software_version()  # read now, not during the first call

    def note(self, answered: Answered) -> None:
        """Log one answered call. Never raises and waits for nothing but a write to a local file."""
        self._put(lambda: entry(answered, self._keys))

    def capture(self, answered: Answered, body: bytes, prefetch: Mapping[str, bytes | None], key: CaptureKey) -> None:
        """Keep the request of a call, encrypted; never raises either.

        Args:
            body: as it was posted.
            prefetch: the data it was judged by, fetched ones included.
        """
        self._put(lambda: capture_line(str(answered.id), answered.at, replayable(body, prefetch), key))

    def _put(self, make: Callable[[], bytes]) -> None:
        """What cannot be written down is counted and said, by the kind of error only."""
        try:
            line = make()
        except Exception as error:  # whatever is wrong with our log, the clinician gets the answer
            self._writer.watch.failed(ENTRY, type(error).__name__, lost=1)
            return
        self._writer.put(line)
        self._writer.watch.works(ENTRY)


def whose(call: HookRequest, caller: Caller, keys: Keys) -> Whose:
    """For whom and by whom a call is made, as keys. The same id on another FHIR server is another patient."""
    server, named = call.fhir_server or "", call.context
    user = keys.pseudonym(caller.key, "user", f"{server} {named.user_id}") if named.user_id is not None else None
    return Whose(caller.key, keys.pseudonym(caller.key, "patient", f"{server} {named.patient_id}"), user)
