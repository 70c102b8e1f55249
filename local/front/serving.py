"""Serves a folder's deployment, and takes a new one up within about a second."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from local.clock import Clock
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.front.deployed import NotDeployedError, read
from local.front.functions import Functions
from local.front.operations import NotServedError
from local.front.rooms import Rooms, World, rooms, sorry
from local.login.accounts import Accounts
from local.login.people import PEOPLE
from local.lost import LostRegions
from local.running import Running, looking
from local.site import BUILT
from local.web import App, Request, Response, Server

_log: Final = logging.getLogger(__name__)


class Serving(Running):
    """Everything that people and apps open. `site`: the back office's built pages."""

    def __init__(self, folder: Folder, *, site: Path = BUILT) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._seen = 0
        self.rooms: Rooms | None = None
        self._why = "nothing is deployed yet"
        endpoints = Endpoints.load(folder.endpoints)
        riders = Accounts(file=folder.path / "riders.sqlite")
        staff = Accounts(PEOPLE, folder.path / "staff.sqlite")
        self._stack.callback(riders.close)
        self._stack.callback(staff.close)
        self._world = World(
            endpoints=endpoints,
            clock=Clock.load(folder.clock),
            invoke=Functions(endpoints.functions).invoke,
            rider_accounts=riders,
            staff_accounts=staff,
            site=site,
            lost=LostRegions(folder),
        )

    def look(self) -> None:
        """Takes up the deployment if it is another one; a wrong one leaves what is served as it is."""
        try:
            found = self._folder.deployment.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if found == self._seen:
            return
        self._seen = found
        try:
            self.rooms = rooms(self._world, read(Deployment.load(self._folder.deployment)), self.rooms)
        except (NotDeployedError, NotServedError, json.JSONDecodeError, KeyError, TypeError) as error:
            self._why = f"the deployment cannot be served: {error}"
            _log.exception("the deployment cannot be served")

    def _apps(self) -> list[tuple[int, App, App | None]]:
        """(port, app, the answer to what is too large) of everything."""
        ports = self._world.endpoints
        return [
            (ports.rider_api, self._of(lambda r: r.rider_api.app), self._of(lambda r: r.rider_api.too_large)),
            (ports.staff_api, self._of(lambda r: r.staff_api.app), self._of(lambda r: r.staff_api.too_large)),
            (ports.rider_login, self._of(lambda r: r.at_rider_login), None),
            (ports.staff_login, self._of(lambda r: r.staff_login.app), None),
            (ports.backoffice, self._of(lambda r: r.backoffice), None),
        ]

    def _of(self, choose: Callable[[Rooms], App]) -> App:
        def app(request: Request) -> Response:
            return choose(self.rooms)(request) if self.rooms else sorry(self._why)(request)

        return app

    def start(self) -> None:
        """Begins to serve. Raises OSError when a port is taken."""
        try:
            self.look()
            for port, app, too_large in self._apps():
                self._stack.enter_context(Server(app, port=port, too_large=too_large))
            self._stack.enter_context(looking(self.look))
        except BaseException:
            self._stack.close()
            raise

    def stop(self) -> None:
        """Serves nothing any more."""
        self._stack.close()
