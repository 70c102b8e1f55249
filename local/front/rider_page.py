"""A rider's app in one page, at `/app` of the riders' login; its calls go to the rider API by `/app/api`.

The rider API itself lets no web page in (it is for phones), so the page calls it through its own origin.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from local.web import App, Request, Response

_FOLDER: Final = Path(__file__).resolve().parent / "app"
_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/app": ("index.html", "text/html; charset=utf-8"),
    "/app/": ("index.html", "text/html; charset=utf-8"),
    "/app/signed-in": ("index.html", "text/html; charset=utf-8"),
    "/app/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app/api.js": ("api.js", "text/javascript; charset=utf-8"),
    "/app/app.css": ("app.css", "text/css; charset=utf-8"),
}
_HEADERS: Final = (
    ("Cache-Control", "no-cache"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
_API: Final = "/app/api"


class RiderPage:
    """`api`: the rider API. `licences`: sees a rider's licence, who is told by the request's token. `config`:
    what the page has to know of the market and the login.
    """

    def __init__(self, api: App, licences: App, config: Mapping[str, Any]) -> None:
        self._api = api
        self._licences = licences
        self._config = json.dumps(config).encode()

    def app(self, request: Request) -> Response:
        """The page, its files, its configuration, the rider API, and where a licence is shown."""
        if request.path.startswith(f"{_API}/"):
            return self._api(replace(request, path=request.path.removeprefix(_API)))
        if request.path == "/app/licence" and request.method == "POST":
            return self._licences(request)
        if request.method not in ("GET", "HEAD"):
            return Response(405, _HEADERS)
        if request.path == "/app/config.json":
            return Response(200, [("Content-Type", "application/json"), *_HEADERS], self._config)
        found = _FILES.get(request.path)
        if found is None:
            return Response(404, _HEADERS)
        name, kind = found
        return Response(200, [("Content-Type", kind), *_HEADERS], (_FOLDER / name).read_bytes())
