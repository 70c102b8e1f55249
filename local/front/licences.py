"""Whoever looks at riders' driving licences: here, every licence that is shown is a good one.

The staff API is told so by somebody of the staff, as whoever checks licences in a market would tell it.
"""

import json
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import jwt

from local.login.server import Login
from local.web import App, Request, Response

CHECKER: Final = "jonas.weber"
"""Of the staff; only an admin may say that a rider is verified."""


@dataclass(frozen=True)
class Licences:
    """`riders` knows who shows a licence, `staff` signs the checker in, `staff_api` is told."""

    riders: Login
    staff: Login
    staff_api: App

    def see(self, request: Request) -> Response:
        """Verifies the rider whose access token comes along: what the staff API says, or 401 without one."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            rider_id = self.riders.claims(token)["sub"]
        except jwt.InvalidTokenError as error:
            told = json.dumps({"detail": f"{error}: sign in"}).encode()
            return Response(401, [("Content-Type", "application/json")], told)
        headers = {
            "authorization": f"Bearer {self.staff.tokens(CHECKER)['access_token']}",
            "content-type": "application/json",
            "idempotency-key": uuid4().hex,
        }
        body = json.dumps({"verified": True, "reason": "licence seen"}).encode()
        path = f"/v1/riders/{rider_id}/verification"
        return self.staff_api(Request(method="POST", path=path, headers=headers, body=body))
