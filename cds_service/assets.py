"""What every page of the house shares: the stylesheet and icon under ``/static``, and strict headers.

A page carries no script and no style of its own text, loads nothing from elsewhere and cannot be framed unless it says
by whom. So a value that slipped through unescaped could still not run, and no request leaves this origin.
"""

from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

HTML = "text/html; charset=utf-8"
# Not from the system's table, which differs between machines: a module with another type does not run.
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_HERE = Path(__file__).parent / "static"


def page_policy(form_action: Iterable[str] = (), frame_ancestors: Iterable[str] = ()) -> str:
    """The content security policy of a page.

    Args:
        form_action: origins that forms may end up at besides our own.
        frame_ancestors: origins that may show the page in a frame; none by default.
    """
    targets = " ".join(("'self'", *form_action))
    ancestors = " ".join(frame_ancestors) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"base-uri 'none'; form-action {targets}; frame-ancestors {ancestors}"
    )


def page(html: str, status: int = 200, policy: str | None = None) -> Response:
    """A page with its headers."""
    response = Response(html, status=status, content_type=HTML)
    response.headers["Content-Security-Policy"] = policy or page_policy()
    return response


def static_file(folder: Path, name: str) -> Response:
    """A file of ``folder``, of a type that pages use. A browser asks again each time, and is told when nothing changed.

    Raises:
        NotFound: there is none of this name, or it is of another type.
    """
    kind = _TYPES.get(f".{name.rpartition('.')[2]}")
    if kind is None:
        abort(404)
    response = send_from_directory(folder, name, mimetype=kind)
    response.headers["Cache-Control"] = "no-cache"
    return response


def create_assets() -> Blueprint:
    """``/static/<name>``: the shared stylesheet and icon."""
    pages = Blueprint("assets", __name__)

    @pages.get("/static/<path:name>")
    def shared(name: str) -> Response:
        return static_file(_HERE, name)

    return pages
