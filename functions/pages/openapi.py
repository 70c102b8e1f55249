"""The OpenAPI document of the rider API and the feeds, from their code."""

import json
from typing import Any

from gbfs_feed.routes import routes as feeds
from http_api.openapi import document
from rider_api.routes import routes

TITLE = "Blue Horizons rental"
VERSION = "1.0.0"


def api_document() -> dict[str, Any]:
    """OpenAPI 3.0.3: the rider API and the public feeds."""
    return document(TITLE, VERSION, [*routes.all, *feeds.all])


def text() -> str:
    """The document as it is checked in."""
    return json.dumps(api_document(), indent=2) + "\n"
