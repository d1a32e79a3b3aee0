"""The memory of an installation without a database, and how a call uses whichever memory there is."""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date
from threading import Lock
from uuid import UUID

from cds_service.pipeline import Reply
from hooks.quiet import CardMemo, Memory, Remembered, Whose
from hooks.request import HookRequest

Ask = Callable[[tuple[Remembered, ...], str | None], Reply]
"""The pipeline with everything bound but what is remembered of the patient and the key of the user."""

_PATIENTS = 5_000
_CARDS = 20_000
_ROWS = 500


class InMemory(Memory):
    """Keeps the latest patients and cards of one process until it ends: for development and tests. Thread-safe."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], tuple[Remembered, ...]] = OrderedDict()
        self._cards: OrderedDict[tuple[str, UUID], tuple[Whose, CardMemo]] = OrderedDict()
        self._lock = Lock()

    def recall(self, whose: Whose, day: date) -> tuple[Remembered, ...]:
        """Every row of this patient; which of them still count is for `hooks.quiet` to say."""
        with self._lock:
            return self._rows.get((whose.tenant, whose.patient), ())

    def remember(self, whose: Whose, rows: Iterable[Remembered]) -> None:
        """Add rows; of equal ones one is kept."""
        added = tuple(rows)
        if not added:
            return
        key = (whose.tenant, whose.patient)
        with self._lock:
            known = (*self._rows.pop(key, ()), *added)
            self._rows[key] = tuple(dict.fromkeys(known))[-_ROWS:]
            while len(self._rows) > _PATIENTS:
                self._rows.popitem(last=False)

    def keep(self, whose: Whose, memos: Iterable[CardMemo], day: date) -> None:
        """Keep which cards were shown to whom."""
        with self._lock:
            self._cards.update({(whose.tenant, memo.card): (whose, memo) for memo in memos})
            while len(self._cards) > _CARDS:
                self._cards.popitem(last=False)

    def find(self, tenant: str, card: UUID) -> tuple[Whose, CardMemo] | None:
        """The card with this uuid, if it was shown to this tenant."""
        with self._lock:
            return self._cards.get((tenant, card))


class Pseudonyms:
    """Turns the names of a call into opaque keys, with a secret of this process."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret if secret is not None else secrets.token_bytes(32)

    def whose(self, call: HookRequest, tenant: str = "") -> Whose:
        """For whom and by whom; the same id on another FHIR server is another patient."""
        server, user = call.fhir_server or "", call.context.user_id
        known_as = self._key(server, user) if user is not None else None
        return Whose(tenant, self._key(server, call.context.patient_id), known_as)

    def _key(self, *names: str) -> str:
        return hmac.digest(self._secret, "\n".join(names).encode(), "sha256").hex()


def remembering(memory: Memory, whose: Whose, day: date, ask: Ask) -> Reply:
    """Ask with what is remembered of the patient, and remember what was shown."""
    reply = ask(memory.recall(whose, day), whose.user)
    memory.keep(whose, reply.memos, day)
    memory.remember(whose, reply.seen)
    return reply
