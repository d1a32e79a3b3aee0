"""The colours of the pictures, light and dark, and the shapes that say the same without colour."""

import re
from collections.abc import Mapping
from types import MappingProxyType

# Every colour is drawn once, in the light scheme, and exchanged for its dark counterpart in the text of the SVG: so
# each name must have a light value of its own.
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "text": "#18212c",
        "muted": "#52606f",
        "line": "#d4dbe4",
        "value": "#0b5fa5",
        "ok": "#d7eee0",
        "ok-text": "#17633a",
        "warning": "#ffe9c2",
        "warning-text": "#7d4e00",
        "critical": "#f9d5d1",
        "critical-text": "#a91d14",
        "order": "#dfe6ef",
        "due": "#ffdd9a",
        "late": "#f0a39b",
        "denosumab": "#0b5fa6",
        "zoledronate": "#7a3e9d",
        "mouth": "#1c6e6a",
        "plan": "#4a5563",
        "surface": "#fffffe",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "text": "#e5eaf0",
        "muted": "#a5b2c0",
        "line": "#35414e",
        "value": "#7fbcf5",
        "ok": "#17402a",
        "ok-text": "#86d3a2",
        "warning": "#43351a",
        "warning-text": "#f2c46f",
        "critical": "#4d2724",
        "critical-text": "#ff9f97",
        "order": "#2c3947",
        "due": "#6d5420",
        "late": "#8c3b34",
        "denosumab": "#7fbcf4",
        "zoledronate": "#cfa4ea",
        "mouth": "#74cbc5",
        "plan": "#b7c3cf",
        "surface": "#19212a",
    }
)
# Marker and colour by kind of mark.
MARKERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "denosumab": ("o", "denosumab"),
        "zoledronic_acid": ("D", "zoledronate"),
        "zoledronate": ("D", "zoledronate"),
        "vitamin-d": ("^", "muted"),
        "event-dental": ("s", "mouth"),
        "event-extraction": ("X", "critical-text"),
        "event-panoramic": ("p", "mouth"),
        "event-fracture": ("X", "critical-text"),
        "event-cord": ("X", "critical-text"),
        "event-hypercalcaemia": ("v", "critical-text"),
        "event-jaw": ("P", "critical-text"),
        "event-metastasis": ("*", "plan"),
        "event-radiotherapy": ("h", "plan"),
        "event-surgery": ("P", "plan"),
        "event-review": ("s", "plan"),
    }
)
PLANNED = (">", "plan")
_COLOUR = re.compile("|".join(LIGHT.values()))
_EXCHANGE = {LIGHT[name]: DARK[name] for name in LIGHT}


def darkened(svg: str) -> str:
    """The same picture in the dark scheme."""
    return _COLOUR.sub(lambda found: _EXCHANGE[found[0]], svg)
