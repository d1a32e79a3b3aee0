"""The run: section after section, each on what the former ones have found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cds_service.conformance import calls, discovery, feedback, fetching, malformed, prefetching, refusals, tokens, web
from cds_service.conformance.jwt import Signer
from cds_service.conformance.results import Result
from cds_service.conformance.target import Options, Target
from cds_service.conformance.tokens import row_of

SECTIONS = ("discovery", "web", "cards", "calls", "refusals", "prefetch", "malformed", "feedback", "fetching", "faults",
            "tokens", "pace")  # fmt: skip
Tell = Callable[[str], None]


def check(
    options: Options,
    day: date,
    signers: tuple[Signer, ...] = (),
    sections: tuple[str, ...] = SECTIONS,
    tell: Tell = lambda section: None,
) -> tuple[Result, ...]:
    """Ask a service everything and judge the answers.

    Args:
        options: whom to ask, and how.
        day: the day on which the synthetic patients are called about.
        signers: keys of a client the service knows; the first signs the ordinary calls.
        sections: which parts to run; discovery always runs.
        tell: called with the name of each section before it begins.
    """
    target = Target(options)
    if signers:
        target = Target(options, sign=signers[0].token, signed_by=row_of(signers[0]))
    tell("discovery")
    discovery.check(target)
    discovery.reachable(target)
    run = _Run(target, calls.ask(target, day), signers)
    for section in SECTIONS[1:]:
        if section in sections:
            tell(section)
            getattr(run, section)()
    return target.findings.results()


@dataclass(frozen=True, slots=True)
class _Run:
    """The sections after discovery."""

    target: Target
    asked: list[calls.Asked]
    signers: tuple[Signer, ...]

    def web(self) -> None:
        web.check(self.target)

    def cards(self) -> None:
        for each in self.asked:
            calls.check_cards(self.target, each)

    def calls(self) -> None:
        for each in self.asked:
            calls.check(self.target, each)

    def refusals(self) -> None:
        refusals.addresses(self.target)
        for each in self.asked:
            refusals.check(self.target, each.service, each.body)

    def prefetch(self) -> None:
        for each in self.asked:
            prefetching.check(self.target, each.service, each.body, each.reply)

    def malformed(self) -> None:
        for each in self.asked[:1]:
            malformed.check(self.target, each.service, each.body)

    def feedback(self) -> None:
        feedback.check(self.target, [(each.service, each.reply) for each in self.asked])

    def fetching(self) -> None:
        fetching.check(self.target, self.asked, fetching.Fetching.healthy)

    def faults(self) -> None:
        fetching.check(self.target, self.asked, fetching.Fetching.sick)

    def tokens(self) -> None:
        for each in self.asked[:1]:
            tokens.check(self.target, each.service, each.body, self.signers)

    def pace(self) -> None:
        for each in self.asked:
            web.pace(self.target, each.service, each.body)
