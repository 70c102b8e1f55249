"""The page of `ev graph -o FILE.html` in a browser: found by search, walked by links, no word of error."""

from pathlib import Path

from playwright.sync_api import Browser

from diagrams import explorer
from tests.program.graphs import graph


def test_a_resource_is_found_and_walked_from_with_nothing_on_the_console(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "dev.html"
    file.write_text(explorer.render(graph("dev")))
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert page.locator("#detail svg").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("dynamodb/table rental-data")
    page.locator("#list button").first.click()
    assert page.locator("#detail h2").inner_text() == "bluehorizons-dev-sg-rental-data-table"
    assert '"rangeKey": "sk"' in page.locator("#detail pre").inner_text()
    page.locator("#detail li button", has_text="keys-rental").first.click()
    assert page.locator("#detail h2").inner_text() == "bluehorizons-dev-sg-keys-rental"
    page.locator("#overview").click()
    page.locator("g[data-urn$='::bluehorizons-dev-sg-hub'] > text").first.click()
    assert page.locator("#detail h2").inner_text() == "bluehorizons-dev-sg-hub"
    assert said == []
    page.close()
