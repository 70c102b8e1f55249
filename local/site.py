"""Serves the built web app as CloudFront does: its headers, its routing, its runtime configuration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from local.folder import ROOT
from local.web import Request, Response

BUILT: Final = ROOT / "backoffice" / "dist"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_NOT_PERMITTED: Final = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class NotBuiltError(Exception):
    """The web app is not built; the message says how to."""


def security_headers(connect_to: tuple[str, ...]) -> list[tuple[str, str]]:
    """Those of every answer, as `components/backoffice/headers.py` has them, without what needs TLS.

    `connect_to`: origins that the page may call.
    """
    policy = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        " ".join(["connect-src 'self'", *connect_to]),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    return [
        ("Content-Security-Policy", "; ".join(policy)),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", _NOT_PERMITTED),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
    ]


class Site:
    """`config`: what the app reads at its start."""

    def __init__(self, folder: Path, config: Mapping[str, Any], connect_to: tuple[str, ...]) -> None:
        if not (folder / "index.html").is_file():
            raise NotBuiltError(
                f"{folder / 'index.html'} is missing: build the back office with `make pages`"
            )
        self._folder = folder.resolve()
        self._config = json.dumps(config).encode()
        self._headers = security_headers(connect_to)

    def app(self, request: Request) -> Response:
        """The site as a web app."""
        if request.method not in ("GET", "HEAD"):
            return self._response(405, b"", "text/plain", "no-store")
        if request.path == "/config.json":
            return self._response(200, self._config, _TYPES[".json"], "no-store")
        # Paths of the app have no dot in their last part; they are all the one page.
        name = request.path if "." in request.path.rpartition("/")[2] else "/index.html"
        file = (self._folder / name.lstrip("/")).resolve()
        if not file.is_relative_to(self._folder) or not file.is_file():
            return self._response(404, b"", "text/plain", "no-store")
        immutable = name.startswith("/assets/")
        keep = "public, max-age=31536000, immutable" if immutable else "no-cache"
        return self._response(200, file.read_bytes(), _TYPES[file.suffix], keep)

    def _response(self, status: int, body: bytes, kind: str, keep: str) -> Response:
        headers = [("Content-Type", kind), ("Cache-Control", keep), *self._headers]
        return Response(status=status, headers=headers, body=body)
