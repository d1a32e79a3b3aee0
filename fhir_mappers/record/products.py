"""Which antiresorptive product is meant (catalogue P7): brand first, then presentation, then dose, then interval."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from fhir_mappers.record.concepts import DENOSUMAB, ZOLEDRONIC_ACID
from fhir_mappers.record.quantity import Quantity

ZOLEDRONATE = "zoledronic_acid"
DENOSUMAB_INGREDIENT = "denosumab"
_OTHERS = (
    "pamidronate",
    "ibandronate",
    "clodronate",
    "alendronate",
    "risedronate",
    "etidronate",
    "tiludronate",
    "bisphosphonate_any",
)


class Use(StrEnum):
    """What a product is made for. ATC and ingredient codes never tell."""

    ONCOLOGY = "oncology"
    OSTEOPOROSIS = "osteoporosis"
    UNIDENTIFIED = "unidentified"


class Product(Struct, frozen=True):
    """An antiresorptive substance (a concept key) and the use its presentation is made for."""

    substance: str
    use: Use
    intravenous: bool = False

    @property
    def is_bisphosphonate(self) -> bool:
        """Every product here but denosumab."""
        return self.substance != DENOSUMAB_INGREDIENT


class Presentation(Struct, frozen=True):
    """What an order, a dose or a medication says about itself: strength and dose in mg, interval in days."""

    concepts: tuple[str, ...]
    strength: Decimal | None = None
    dose: Decimal | None = None
    interval: Quantity | None = None
    intravenous: bool = False


@dataclass(frozen=True, slots=True)
class ProductNumbers:
    """The strengths in mg and the interval in days that tell the two uses of one substance apart."""

    zoledronate_oncology: Decimal
    zoledronate_osteoporosis: Decimal
    zoledronate_yearly: Quantity
    denosumab_oncology: Decimal
    denosumab_osteoporosis: Decimal
    tolerance: Decimal


def classify(said: Presentation, numbers: ProductNumbers) -> Product | None:
    """The product meant, or None when it is no antiresorptive at all."""
    if not set(said.concepts).isdisjoint(ZOLEDRONIC_ACID):
        return Product(ZOLEDRONATE, _zoledronate(said, numbers), intravenous=True)
    if not set(said.concepts).isdisjoint(DENOSUMAB):
        return Product(DENOSUMAB_INGREDIENT, _denosumab(said, numbers))
    return _other(said)


def _zoledronate(said: Presentation, numbers: ProductNumbers) -> Use:
    named = _named(said, "zoledronic_acid_4mg", "zoledronic_acid_5mg")
    if named is None:
        named = _by_strength(said.strength, numbers.zoledronate_oncology, numbers.zoledronate_osteoporosis)
    if named is not None:
        return named
    if said.dose is not None and abs(said.dose - numbers.zoledronate_osteoporosis) <= numbers.tolerance:
        return Use.OSTEOPOROSIS
    if said.interval is not None and said.interval >= numbers.zoledronate_yearly:
        return Use.OSTEOPOROSIS
    return Use.UNIDENTIFIED if said.dose is None else Use.ONCOLOGY


def _denosumab(said: Presentation, numbers: ProductNumbers) -> Use:
    named = _named(said, "denosumab_120mg", "denosumab_60mg")
    for stated in (said.strength, said.dose):
        if named is None:
            named = _by_strength(stated, numbers.denosumab_oncology, numbers.denosumab_osteoporosis)
    return Use.UNIDENTIFIED if named is None else named


def _named(said: Presentation, oncology: str, osteoporosis: str) -> Use | None:
    """The use told by a brand or a product code; two that contradict each other identify nothing."""
    is_oncology, is_osteoporosis = oncology in said.concepts, osteoporosis in said.concepts
    if is_oncology and is_osteoporosis:
        return Use.UNIDENTIFIED
    if is_oncology or is_osteoporosis:
        return Use.ONCOLOGY if is_oncology else Use.OSTEOPOROSIS
    return None


def _by_strength(milligrams: Decimal | None, oncology: Decimal, osteoporosis: Decimal) -> Use | None:
    if milligrams == oncology:
        return Use.ONCOLOGY
    return Use.OSTEOPOROSIS if milligrams == osteoporosis else None


@lru_cache(maxsize=1024)
def _substance(concepts: tuple[str, ...]) -> str | None:
    return next((name for name in _OTHERS if any(c == name or c.startswith(f"{name}_") for c in concepts)), None)


def _other(said: Presentation) -> Product | None:
    substance = _substance(said.concepts)
    if substance is None:
        return None
    intravenous = said.intravenous or substance == "pamidronate"
    oncology = substance in ("pamidronate", "clodronate") or "ibandronate_oncology" in said.concepts
    known_osteoporosis = substance not in ("ibandronate", "bisphosphonate_any", "pamidronate", "clodronate")
    use = Use.ONCOLOGY if oncology else (Use.OSTEOPOROSIS if known_osteoporosis else Use.UNIDENTIFIED)
    if "ibandronate_osteoporosis" in said.concepts:
        use = Use.OSTEOPOROSIS
    return Product(substance, use, intravenous)
