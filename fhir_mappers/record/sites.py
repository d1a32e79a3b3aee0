"""Where in the body: whether two sites overlap, which are of the spine, and the order of the vertebrae.

A site is a concept ``site_*`` or ``vertebra_*`` of the value sets (``bodySite``, a detail of the order, a form).
"""

from collections.abc import Iterable

VERTEBRAE: tuple[str, ...] = tuple(
    f"vertebra_{region}{number}"
    for region, first, last in (("c", 0, 7), ("t", 1, 12), ("l", 1, 5), ("s", 1, 5))
    for number in range(first, last + 1)
)
"""From the occiput down."""

SPINE, SACRUM, UNSPECIFIED = "site_spine", "site_sacrum", "site_unspecified"
_SACRAL = VERTEBRAE[-5:]
_THORACIC = VERTEBRAE[8:20]
_LUMBAR = VERTEBRAE[20:25]
_CERVICAL = VERTEBRAE[:8]

_PARTS: dict[str, tuple[str, ...]] = {
    SPINE: VERTEBRAE,
    SACRUM: _SACRAL,
    "site_pelvis": ("site_acetabulum", "site_sacro_iliac", SACRUM, *_SACRAL),
    "site_sacro_iliac": (SACRUM,),
    "site_femur": ("site_femoral_head_neck", "site_trochanteric"),
    "site_scapula": ("site_glenoid", "site_acromion"),
    "site_skull": ("site_mandible", "site_maxilla"),
    "site_head_neck": ("site_skull", "site_mandible", "site_maxilla", "site_brain", *_CERVICAL),
    "site_brain": ("site_skull",),
    "site_thorax": ("site_rib", "site_sternum", "site_scapula", "site_clavicle", *_THORACIC),
    "site_abdomen": (*_THORACIC[-3:], *_LUMBAR),
}
# One vertebra on each side goes into the field (2026 edition, radiotherapy 2.1): fields two levels apart touch.
_TOUCHING = 2


def levels(sites: Iterable[str]) -> tuple[int, ...]:
    """The places in ``VERTEBRAE`` of the vertebrae named, from the top."""
    return tuple(sorted({VERTEBRAE.index(site) for site in sites if site in VERTEBRAE}))


def of_spine(sites: Iterable[str]) -> bool:
    """A vertebra above the sacrum, or the spine without a level."""
    return any(site == SPINE or (site in VERTEBRAE and site not in _SACRAL) for site in sites)


def of_sacrum(sites: Iterable[str]) -> bool:
    """The sacrum or one of its vertebrae."""
    return any(site == SACRUM or site in _SACRAL for site in sites)


def recorded(sites: Iterable[str]) -> bool:
    """At least one site that tells a place."""
    return any(site != UNSPECIFIED for site in sites)


def overlap(left: Iterable[str], right: Iterable[str]) -> bool | None:
    """Whether two sets of sites may share a field: the same place, one part of the other, or vertebrae at most two
    levels apart. None when one of them tells no place.
    """
    here, there = tuple(left), tuple(right)
    if not recorded(here) or not recorded(there):
        return None
    return any(_touch(a, b) for a in here for b in there)


def _touch(a: str, b: str) -> bool:
    if a == b or b in _PARTS.get(a, ()) or a in _PARTS.get(b, ()):
        return True
    if SPINE in (a, b):
        return bool({a, b} & {"site_head_neck", "site_thorax", "site_abdomen", SACRUM})
    if a in VERTEBRAE and b in VERTEBRAE:
        return abs(VERTEBRAE.index(a) - VERTEBRAE.index(b)) <= _TOUCHING
    return False
