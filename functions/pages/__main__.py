"""`make docs`: writes the tables of docs/ and the OpenAPI document from the code."""

from pathlib import Path

from pages import events, maintenance, openapi, rental, rider_api, staff_api, telemetry
from pages.markdown import renewed

FUNCTIONS = Path(__file__).resolve().parents[1]
DOCS = FUNCTIONS.parent / "docs"
PAGES = {
    "events.md": events.TABLES,
    "maintenance.md": maintenance.TABLES,
    "rental.md": rental.TABLES,
    "rider-api.md": rider_api.TABLES,
    "staff-api.md": staff_api.TABLES,
    "telemetry.md": telemetry.TABLES,
}


def main() -> None:
    """Write them all."""
    for name, tables in PAGES.items():
        page = DOCS / name
        page.write_text(renewed(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
    (FUNCTIONS / "rider_api" / "openapi.json").write_text(openapi.text(), encoding="utf-8")
    (FUNCTIONS / "staff_api" / "openapi.json").write_text(openapi.staff_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
