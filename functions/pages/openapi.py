"""The OpenAPI documents: of the rider API and the feeds, and of the staff API; from their code."""

import json
from typing import Any

from gbfs_feed.routes import routes as feeds
from http_api.openapi import document
from rider_api.routes import routes
from staff_api.routes import routes as staff

TITLE = "Blue Horizons rental"
STAFF_TITLE = "Blue Horizons back office"
VERSION = "1.0.0"


def api_document() -> dict[str, Any]:
    """OpenAPI 3.0.3: the rider API and the public feeds."""
    return document(TITLE, VERSION, [*routes.all, *feeds.all])


def staff_document() -> dict[str, Any]:
    """OpenAPI 3.0.3: the staff API."""
    return document(STAFF_TITLE, VERSION, staff.all)


def text() -> str:
    """The rider API's document as it is checked in."""
    return _checked_in(api_document())


def staff_text() -> str:
    """The staff API's document as it is checked in."""
    return _checked_in(staff_document())


def _checked_in(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=2) + "\n"
