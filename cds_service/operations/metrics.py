"""What Prometheus may know: counts and times, labelled with words of our own and never with anything a caller sent.

One process counts in memory. Several workers count in files of ``PROMETHEUS_MULTIPROC_DIR``, which must be set before
this module is imported (`cds_service.operations.serving` does it): prometheus_client decides on import.
"""

import os
from collections.abc import Iterable, Mapping
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

from cds_service.client_token import Reason
from cds_service.operations import MULTIPROCESS
from cds_service.operations.fields import named
from cds_service.prefetch import FETCHED
from fhir_mappers.lookalikes import MEDICATIONS, TESTS
from fhir_mappers.record.answer import REASONS
from hooks.check import Outcome
from hooks.evaluate import Broken, Finding
from hooks.response import Card, Indicator

disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types; when a series began helps nobody here

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"
NONE = "none"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("Requests answered, refusals included.", ("service", "status", "client")),
    "findings": ("Rules that fired or needed data, whether or not a card was shown.", ("rule", "status")),
    "cards_shown": ("Cards sent to an EHR.", ("service", "indicator")),
    "undecided": ("Data that kept a rule from being decided, by why they were not there.", ("reason",)),
    "codes_unmatched": ("Codes that match no concept although their words name a drug or test we know.", ("kind",)),
    "checks_failed": ("Rules that raised an error; the others answered.", ("rule",)),
    "fetches": ("Prefetch keys fetched from an EHR.", ("outcome",)),
    "tokens_refused": ("Calls refused with 401.", ("reason",)),
    "decision_log_failures": ("Answers whose decision could not be stored.", ()),
    "log_lines_lost": ("Lines that could not be written to the log.", ()),
}
"""Every counter, named ``osteohooks_<name>_total``: what it counts, and its labels."""

_SPOKEN = {Outcome.DUE: "fires", Outcome.UNDECIDED: "needs-data"}


class Metrics:
    """The counts of one installation. A label value that is not on its list becomes ``other``."""

    def __init__(self, services: Iterable[str], clients: Iterable[str], rules: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self._words = {
            "service": frozenset({*services, NONE}),
            "client": frozenset({*clients, NONE}),
            "rule": frozenset(rules),
            "kind": frozenset({MEDICATIONS, TESTS}),
            "reason": frozenset({*REASONS, *map(named, Reason)}),
            "outcome": frozenset({FETCHED, *REASONS}),
        }
        self._counters = {
            name: Counter(f"osteohooks_{name}", text, labels, registry=self.registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._seconds = Histogram(
            "osteohooks_request_duration_seconds",
            "Seconds from the first byte read to the answer.",
            ("service", "status"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._start_at_zero()

    def request(self, service: str | None, status: int, client: str | None, seconds: float) -> None:
        """One request at its end; ``service`` and ``client`` are None where it named or proved none."""
        at = self._word("service", service or NONE)
        self._counters["requests"].labels(at, str(status), self._word("client", client or NONE)).inc()
        self._seconds.labels(at, str(status)).observe(seconds)

    def answered(
        self, service: str, cards: Iterable[Card], speaking: Iterable[Finding], broken: Iterable[Broken]
    ) -> None:
        """What one call was told: the cards sent, the findings that speak, the checks that broke."""
        at = self._word("service", service)
        for card in cards:
            self._counters["cards_shown"].labels(at, card.indicator.value).inc()
        for finding in speaking:
            self._found(finding)
        for each in broken:
            self._counters["checks_failed"].labels(self._word("rule", each.rule)).inc()

    def fetched(self, outcome: str) -> None:
        """One prefetch key was fetched, or could not be."""
        self._counters["fetches"].labels(self._word("outcome", outcome)).inc()

    def code_unmatched(self, kind: str) -> None:
        """A code was seen that no rule can use; which one, ``osteohooks watch`` tells."""
        self._counters["codes_unmatched"].labels(self._word("kind", kind)).inc()

    def token_refused(self, reason: StrEnum) -> None:
        """A caller could not prove who it is."""
        self._counters["tokens_refused"].labels(self._word("reason", named(reason))).inc()

    def decision_not_logged(self) -> None:
        """An answer went out and its decision could not be stored."""
        self._counters["decision_log_failures"].inc()

    def line_lost(self) -> None:
        """A line of the log could not be written."""
        self._counters["log_lines_lost"].inc()

    def build(self, version: str, edition: str, editions: Iterable[str]) -> None:
        """What is running, as labels of a gauge that is 1."""
        gauge = Gauge(
            "osteohooks_build_info",
            "1, labelled with the version, the default edition and all editions of the guideline.",
            ("version", "edition", "editions"),
            registry=self.registry,
            multiprocess_mode="max",
        )
        gauge.labels(version, edition, ",".join(editions)).set(1)

    def page(self) -> bytes:
        """The text Prometheus reads: of this process, or of all workers where several count in files."""
        if MULTIPROCESS not in os.environ:
            return bytes(generate_latest(self.registry))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # its constructor has no types
        return bytes(generate_latest(together))

    def _found(self, finding: Finding) -> None:
        rule = self._word("rule", finding.rule.id)
        self._counters["findings"].labels(rule, _SPOKEN[finding.verdict.outcome]).inc()
        for gap in finding.verdict.missing:
            self._counters["undecided"].labels(self._word("reason", gap.why)).inc()

    def _word(self, label: str, value: str) -> str:
        return value if value in self._words[label] else OTHER

    def _start_at_zero(self) -> None:
        """Series that exist from the start: a rule that never fires is seen as 0, not as absent."""
        for rule in self._words["rule"]:
            for status in _SPOKEN.values():
                self._counters["findings"].labels(rule, status)
        for service in self._words["service"] - {NONE}:
            for indicator in Indicator:
                self._counters["cards_shown"].labels(service, indicator.value)
        for reason in REASONS:
            self._counters["undecided"].labels(reason)
        for kind in (MEDICATIONS, TESTS):
            self._counters["codes_unmatched"].labels(kind)
