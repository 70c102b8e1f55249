"""The web app's files, served as CloudFront serves them."""

from pathlib import Path

import pytest

from components.backoffice.headers import content_security_policy
from components.backoffice.site_files import CONTENT_TYPES, IMMUTABLE, REVALIDATED
from local.site import NotBuiltError, Site, security_headers
from local.web import Request


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>")
    (tmp_path / "dist" / "assets" / "index-1a2b.js").write_text("0")
    (tmp_path / "secret.json").write_text("{}")
    return Site(tmp_path / "dist", {"market": "sg"}, ("http://127.0.0.1:1",))


@pytest.mark.parametrize("path", ["/", "/vehicles/SG-EV-000001", "/signed-in"])
def test_every_path_of_the_app_is_the_one_page(site: Site, path: str) -> None:
    answer = site.app(Request("GET", path))
    told = dict(answer.headers)
    assert (answer.status, answer.body) == (200, b"<!doctype html>")
    assert (told["Content-Type"], told["Cache-Control"]) == (CONTENT_TYPES[".html"], REVALIDATED)


def test_hashed_files_are_kept_for_ever_and_the_configuration_never(site: Site) -> None:
    told = dict(site.app(Request("GET", "/assets/index-1a2b.js")).headers)
    assert (told["Content-Type"], told["Cache-Control"]) == (CONTENT_TYPES[".js"], IMMUTABLE)
    config = site.app(Request("GET", "/config.json"))
    assert (config.body, dict(config.headers)["Cache-Control"]) == (b'{"market": "sg"}', "no-store")


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/../secret.json", "/assets/../../secret.json", "/a.b/../.."]
)
def test_nothing_but_the_built_files_is_served(site: Site, path: str) -> None:
    assert site.app(Request("GET", path)).status == 404


def test_nothing_is_taken(site: Site) -> None:
    assert site.app(Request("POST", "/")).status == 405


def test_the_policy_is_the_deployments_own_but_for_what_needs_tls() -> None:
    deployed = content_security_policy("staff-api.example.com", "login.example.com")
    ours = dict(security_headers(("https://staff-api.example.com", "https://login.example.com")))
    assert ours["Content-Security-Policy"] == deployed.removesuffix("; upgrade-insecure-requests")
    assert deployed != ours["Content-Security-Policy"]


def test_an_app_that_is_not_built_says_how(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match="make pages"):
        Site(tmp_path, {}, ())
