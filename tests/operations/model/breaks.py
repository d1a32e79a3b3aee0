"""Ways to spoil a right answer, one for each row that could be wrong."""

import json
import time
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.operations.model.service import Break

Json = Any
CARD = {
    "uuid": "5d1c3a52-8a51-4f0e-9d0c-0f3b1c1a6b1e",
    "summary": "Anything",
    "indicator": "info",
    "source": {"label": "x", "topic": {"code": "x", "system": "x"}},
}


def sent(request: Request) -> Any:
    """The body of a request, or None if it is no JSON object."""
    try:
        found = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def prefetch(request: Request) -> dict[str, Any]:
    body = sent(request) or {}
    return body["prefetch"] if isinstance(body.get("prefetch"), dict) else {}


def context(request: Request) -> dict[str, Any]:
    body = sent(request) or {}
    return body["context"] if isinstance(body.get("context"), dict) else {}


def remade(answer: Response, body: Any = None, status: int | None = None, **headers: str) -> Response:
    data = answer.get_data() if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = {name: value for name, value in answer.headers.items() if name.casefold() != "content-length"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    made = Response(data, status or answer.status_code, kept | named)
    return made


def answers(change: Callable[[Json], Json], **to: Any) -> Break:
    """Every answer with cards, changed."""

    def spoil(request: Request, answer: Response) -> Response | None:
        if request.method != "POST" or answer.status_code != 200 or b'"cards"' not in answer.get_data():
            return None
        return remade(answer, change(json.loads(answer.get_data())), **to)

    return spoil


def card(**members: Any) -> Break:
    """The first card with other members; ``...`` removes one."""

    def change(answer: Json) -> Json:
        answer["cards"][:1] = [replaced(each, members) for each in answer["cards"][:1]]
        return answer

    return answers(change)


def part(path: str, **members: Any) -> Break:
    """The first ``suggestions``, ``links`` ... of the first card with other members."""
    steps = path.split(".")

    def change(answer: Json) -> Json:
        for each in answer["cards"][:1]:
            target: Any = each
            for step in steps:
                target = target.get(step) if isinstance(target, dict) else None
                target = target[0] if isinstance(target, list) and target else target
            if isinstance(target, dict):
                changed = replaced(target, members)
                target.clear()
                target.update(changed)
        return answer

    return answers(change)


def action(number: int, suggestion: int = 0, **members: Any) -> Break:
    """One action of one suggestion with other members."""

    def change(answer: Json) -> Json:
        for each in answer["cards"][:1]:
            for target in each.get("suggestions", [])[suggestion : suggestion + 1]:
                actions = target["actions"]
                actions[number] = replaced(actions[number], members)
        return answer

    return answers(change)


def listing(change: Callable[[Json], Json]) -> Break:
    """Discovery, changed."""

    def spoil(request: Request, answer: Response) -> Response | None:
        if request.method != "GET" or request.path != "/cds-services":
            return None
        return remade(answer, change(json.loads(answer.get_data())))

    return spoil


def entry(**members: Any) -> Break:
    """The first service of discovery with other members."""

    def change(found: Json) -> Json:
        found["services"][:1] = [replaced(each, members) for each in found["services"][:1]]
        return found

    return listing(change)


def template(text: str) -> Break:
    """A service that asks for this besides."""
    return listing(
        lambda found: {"services": [{**s, "prefetch": {**s["prefetch"], "odd": text}} for s in found["services"]]}
    )


def refusals(change: Callable[[Response], Response]) -> Break:
    """Every refusal, changed."""
    return lambda request, answer: change(answer) if answer.status_code >= 400 else None


def when(is_so: Callable[[Request], object], status: int, body: Any = None) -> Break:
    """Another status where the request is so."""

    def spoil(request: Request, answer: Response) -> Response | None:
        if not is_so(request):
            return None
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}
        return remade(answer, body if body is not None else outcome, status)

    return spoil


def accepting(is_so: Callable[[Request], object]) -> Break:
    """200 with a card for what should have been refused."""

    def spoil(request: Request, answer: Response) -> Response | None:
        called = request.method == "POST" and request.path == "/cds-services/model-order-sign"
        return (
            remade(answer, {"cards": [CARD]}, 200) if called and answer.status_code >= 400 and is_so(request) else None
        )

    return spoil


def changing(is_so: Callable[[Request], object]) -> Break:
    """Another card where the request is so."""
    return when(lambda request: request.method == "POST" and is_so(request), 200, {"cards": [CARD]})


def slow(seconds: float) -> Break:
    def spoil(request: Request, answer: Response) -> None:
        if request.method == "POST":
            time.sleep(seconds)

    return spoil


def replaced(target: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**target, **members}.items() if value is not ...}
