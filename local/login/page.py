"""The pages of the login that stands in for Cognito's."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from local.web import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.login.accounts import Person

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<p class="brand">Blue Horizons</p>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: light-dark(#eef2f7, #0b1220); color: light-dark(#172033, #e6ebf4); }
main { width: min(26rem, calc(100vw - 3rem)); padding: 2rem; border-radius: 1rem;
  background: light-dark(#fff, #131c2e); box-shadow: 0 10px 40px #0003; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; color: light-dark(#4a5670, #a4b0c8); }
.brand { font-weight: 700; color: light-dark(#0b57c2, #7fb2ff); margin-bottom: .25rem; }
button { display: flex; justify-content: space-between; gap: 1rem; width: 100%; margin: 0 0 .5rem;
  padding: .75rem 1rem; border: 1px solid light-dark(#c8d1e0, #33415c); border-radius: .6rem; cursor: pointer;
  font: inherit; text-align: start; background: transparent; color: inherit; }
button:hover, button:focus-visible { border-color: light-dark(#0b57c2, #7fb2ff); }
button:focus-visible { outline: 2px solid light-dark(#0b57c2, #7fb2ff); outline-offset: 2px; }
label { display: block; margin: 1rem 0 .25rem; }
input[type=email] { box-sizing: border-box; width: 100%; margin: 0 0 .5rem; padding: .75rem 1rem;
  border: 1px solid light-dark(#8b97ad, #5d6c8a); border-radius: .6rem; font: inherit; color: inherit;
  background: transparent; }
button.main { justify-content: center; font-weight: 600; color: #fff;
  background: #0b57c2; border-color: #0b57c2; }
small { color: light-dark(#4a5670, #a4b0c8); }
"""


def choose(people: Sequence[Person], request: str, targets: Sequence[str], *, sign_up: bool) -> Response:
    """Asks who one is. `request`: the query of the authorization request, to go on with. `targets`: where
    the form may lead, in words of a Content-Security-Policy.
    """
    hidden = f'<input type="hidden" name="request" value="{escape(request)}">'
    buttons = "\n".join(
        f'<button name="username" value="{escape(person.username)}"><span>{escape(person.name)}</span>'
        f"<small>{escape(_told(person, sign_up=sign_up))}</small></button>"
        for person in people
    )
    content = (
        "<p>This login stands in for Amazon Cognito: choose who you are.</p>"
        f'<form method="post" action="/login">{hidden}{buttons}</form>'
    )
    if sign_up:
        content += (
            f'<form method="post" action="/login">{hidden}<label for="email">New here? Your e-mail</label>'
            '<input id="email" name="email" type="email" required autocomplete="email" '
            'placeholder="rider@example.com"><button class="main">Sign up</button></form>'
            "<p>No message is sent and no password is asked for.</p>"
        )
    return _page(200, "Sign in", content, form_targets=" ".join(["'self'", *targets]))


def _told(person: Person, *, sign_up: bool) -> str:
    return person.email if sign_up else ", ".join(person.groups) or "no group"


def refused(status: int, code: str, description: str) -> Response:
    """Something cannot be done, and why."""
    return _page(status, escape(code), f"<p>{escape(description)}</p>", form_targets="'none'")


def stylesheet() -> Response:
    """The look of the pages."""
    return Response(headers=[("Content-Type", "text/css")], body=_STYLE.encode())


def _page(status: int, title: str, content: str, *, form_targets: str) -> Response:
    policy = (
        f"default-src 'none'; style-src 'self'; img-src data:; form-action {form_targets}; base-uri 'none'"
    )
    return Response(
        status=status,
        headers=[
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", f"{policy}; frame-ancestors 'none'"),
        ],
        body=_PAGE.format(title=title, content=content).encode(),
    )
