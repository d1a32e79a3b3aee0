"""``python -m benchmarks --flame [OBSERVATIONS]``: one request as a flame graph, docs/benchmark-flame.svg.

The whole application answers the same call again and again while a timer looks at its stack. Nothing is instrumented:
cheap and dear functions are seen in their true proportion. Width is share of time; what lies above is called by what
lies below. A title tells each name and share (hover in a browser).
"""

import gc
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree as ET

from benchmarks.inside import Whole, whole
from benchmarks.workload import SERVICE

Stack = tuple[str, ...]
Box = tuple[str, int, float, float]
"""Name, depth, where it begins and how wide it is, as shares of the whole."""
INTERVAL = 0.0005  # s
SECONDS = 12.0
WARM_UP = 20
LEAST = 0.004  # of the whole: what takes less is left out of the picture
WIDTH, ROW, LETTER = 1200, 17, 6.4  # px
OURS = {"cds_service": "#e8875b", "hooks": "#e3b04b", "fhir_mappers": "#79b473"}
THEIRS = "#b9bec6"


def draw(body: bytes, observations: int, path: Path) -> Path:
    """Sample and write the picture."""
    with whole() as service:
        stacks = sample(service, body)
    _picture(stacks, f"One request with {observations} results, at {SERVICE}").write(path, encoding="utf-8")
    return path


def sample(service: Whole, body: bytes, seconds: float = SECONDS) -> Counter[Stack]:
    """How often each stack was seen, from the application inwards."""
    seen: Counter[Stack] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        seen[_stack(frame)] += 1

    for _ in range(WARM_UP):
        service.post(SERVICE, body)
    gc.collect()
    gc.freeze()  # as the server does at its start
    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            service.post(SERVICE, body)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return Counter({stack: count for stack, count in seen.items() if stack})


def _stack(frame: FrameType | None) -> Stack:
    """The functions on the way down, from our `post` on; those of the interpreter's own modules go by their name."""
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        if code is Whole.post.__code__:
            return tuple(reversed(names))
        module = str(frame.f_globals.get("__name__", ""))
        names.append(f"{module}:{code.co_qualname}")
        frame = frame.f_back
    return ()


def _picture(stacks: Counter[Stack], title: str) -> ET.ElementTree:
    total = sum(stacks.values())
    boxes = list(_boxes(stacks, total))
    height = ROW * (3 + max(depth for _, depth, _, _ in boxes))
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}")
    svg.set("font-family", "monospace")
    svg.set("font-size", "10")
    ET.SubElement(svg, "rect", width="100%", height="100%", fill="#ffffff")
    _text(svg, 4, ROW - 4, f"{title}: {total} samples")
    for name, depth, start, share in boxes:
        _box(svg, name, height - (depth + 1) * ROW, start, share)
    return ET.ElementTree(svg)


def _boxes(stacks: Counter[Stack], total: int, depth: int = 0, start: float = 0.0) -> list[Box]:
    """Callers before what they call."""
    callees: dict[str, Counter[Stack]] = {}
    for stack, count in stacks.items():
        if stack:
            callees.setdefault(stack[0], Counter())[stack[1:]] += count
    found: list[Box] = []
    for name, inner in sorted(callees.items()):
        share = sum(inner.values()) / total
        if share >= LEAST:
            found += [(name, depth, start, share), *_boxes(inner, total, depth + 1, start)]
            start += share
    return found


def _box(svg: ET.Element, name: str, top: float, start: float, share: float) -> None:
    module, _, function = name.partition(":")
    group = ET.SubElement(svg, "g")
    ET.SubElement(group, "title").text = f"{module} {function}: {share:.1%}"
    x, width = start * WIDTH, share * WIDTH
    color = OURS.get(module.partition(".")[0], THEIRS)
    place = {"x": f"{x:.1f}", "y": f"{top:.0f}", "width": f"{width:.1f}", "height": str(ROW - 1)}
    ET.SubElement(group, "rect", place, fill=color, rx="2")
    letters = int((width - 4) / LETTER)
    if letters > 3:
        _text(group, x + 3, top + ROW - 5, function if len(function) <= letters else f"{function[: letters - 1]}…")


def _text(parent: ET.Element, x: float, y: float, words: str) -> None:
    ET.SubElement(parent, "text", x=f"{x:.1f}", y=f"{y:.0f}", fill="#222222").text = words
