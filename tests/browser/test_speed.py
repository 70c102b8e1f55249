"""A fleet of a thousand cars: when it is painted, and how it scrolls, by the browser's own clock.

The bounds are generous, for a busy machine; what was measured is printed (`pytest -s`).
"""

from playwright.sync_api import expect

from tests.browser.office import CARS, OPERATOR, Office

PAINTED_MS = 1_000
"""From the navigation back from the login to the frame with the cars, the fastest of TRIES."""
TRIES = 3
FRAME_MS = 150
"""What nine of ten frames of a scroll take at most."""

_PAINTED = """
() => {
  const at = (type, name) => performance.getEntriesByType(type).find((entry) => entry.name.includes(name));
  const api = at("resource", "/v1/vehicles");
  return {
    first: Math.round(at("paint", "first-contentful-paint").startTime),
    asked: Math.round(api.startTime),
    answered: Math.round(api.responseEnd),
    painted: Math.round(at("mark", "fleet-painted").startTime),
  };
}
"""
_SCROLL = """
() => new Promise((resolve) => {
  const grid = document.querySelector(".grid");
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    grid.scrollTop += 240;
    if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) resolve(frames.slice(1));
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})
"""


def test_a_thousand_cars_are_painted_within_a_second(office: Office) -> None:
    office.call(OPERATOR, "GET", "/v1/me")  # a cold start of the function is not the page's
    measured = []
    for _ in range(TRIES):
        page = office.sign_in()
        page.wait_for_function("() => performance.getEntriesByName('fleet-painted').length > 0")
        measured.append(page.evaluate(_PAINTED))
        expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
        page.context.close()
    print("", *(f"{CARS} cars {times}" for times in measured), sep="\n")  # noqa: T201 - a measurement is there to be read
    assert min(times["painted"] for times in measured) < PAINTED_MS


def test_a_thousand_cars_scroll_smoothly_with_few_rows_in_the_page(office: Office) -> None:
    page = office.sign_in()
    rows = page.get_by_role("grid", name="Cars").get_by_role("row")
    expect(rows.nth(9)).to_be_visible()
    frames = sorted(page.evaluate(_SCROLL))
    middle, slow = frames[len(frames) // 2], frames[len(frames) * 9 // 10]
    print(f"\n{len(frames)} frames: median {middle:.1f} ms, nine of ten within {slow:.1f} ms")  # noqa: T201 - likewise
    expect(rows.last).to_have_attribute("aria-rowindex", str(CARS + 1))
    assert rows.count() < 60
    assert slow < FRAME_MS
