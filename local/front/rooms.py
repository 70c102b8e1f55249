"""What is opened of one deployment: two APIs, two logins, the back office's pages, the rider's app."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from local.clock import Clock
from local.endpoints import Endpoints
from local.front.deployed import Api, Front, UserPool
from local.front.failover import Failover
from local.front.functions import Invoke
from local.front.gateway import Gateway, Settings
from local.front.rider_page import RiderPage
from local.front.triggers import Triggers
from local.login.accounts import Accounts
from local.login.pool import Client, Pool
from local.login.server import Login
from local.site import BUILT, NotBuiltError, Site
from local.web import App, Request, Response

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class World:
    """What does not change with a deployment."""

    endpoints: Endpoints
    clock: Clock
    invoke: Invoke
    rider_accounts: Accounts
    staff_accounts: Accounts
    site: Path = BUILT
    lost: Callable[[], frozenset[str]] = frozenset


@dataclass(frozen=True)
class Rooms:
    """What is served of a deployment."""

    front: Front
    rider_login: Login
    staff_login: Login
    rider_api: Failover
    staff_api: Gateway
    backoffice: App
    page: RiderPage

    def at_rider_login(self, request: Request) -> Response:
        """The riders' login, their app under `/app`, and how the APIs are doing."""
        if request.path == "/_local/status":
            return _json({"apis": {"rider": _counts(self.rider_api), "staff": _counts(self.staff_api)}})
        if request.path == "/app" or request.path.startswith("/app/"):
            return self.page.app(request)
        return self.rider_login.app(request)


def rooms(world: World, front: Front, before: Rooms | None = None) -> Rooms:
    """Opens what was deployed; what did not change since `before` goes on, sessions and counts with it.

    Raises NotServedError.
    """
    ports = world.endpoints
    pages = dict.fromkeys(front.staff.origins, ports.url("backoffice"))
    rider_login, staff_login = _logins(world, front, before)
    rider_login.serve(_riders_app(front.riders, ports.url("rider_login")), ports.url("rider_login"))
    staff_login.serve(_staff_app(front.staff, ports.url("backoffice"), pages), ports.url("staff_login"))
    rider_api = Failover(
        [(api.region, _gateway(world, front, api, rider_login, pages)) for api in front.rider_apis],
        world.lost,
    )
    staff_api = _gateway(world, front, front.staff_api, staff_login, pages)
    if before is not None:
        rider_api.gateways[0][1].counts.update(before.rider_api.counts)
        staff_api.counts.update(before.staff_api.counts)
    return Rooms(
        front=front,
        rider_login=rider_login,
        staff_login=staff_login,
        rider_api=rider_api,
        staff_api=staff_api,
        backoffice=_site(world, front, staff_login),
        page=RiderPage(rider_api.app, _rider_config(front, rider_login, ports)),
    )


def _logins(world: World, front: Front, before: Rooms | None) -> tuple[Login, Login]:
    """(the riders', the staff's)."""
    riders = staff = None
    if before is not None:
        riders = before.rider_login if before.front.riders == front.riders else None
        staff = before.staff_login if before.front.staff == front.staff else None
    return (
        riders or _login(world, front.riders, world.rider_accounts, sign_up=True),
        staff or _login(world, front.staff, world.staff_accounts, sign_up=False),
    )


def _riders_app(pool: UserPool, here: str) -> Client:
    return Client(
        client_id=pool.client_id,
        origin=here,
        callback_urls=(*pool.callback_urls, f"{here}/app/signed-in"),
        logout_urls=(*pool.logout_urls, f"{here}/app"),
        scopes=pool.scopes,
    )


def _staff_app(pool: UserPool, here: str, pages: Mapping[str, str]) -> Client:
    return Client(
        client_id=pool.client_id,
        origin=here,
        callback_urls=tuple(_moved(url, pages) for url in pool.callback_urls),
        logout_urls=tuple(_moved(url, pages) for url in pool.logout_urls),
        scopes=pool.scopes,
    )


def _login(world: World, pool: UserPool, accounts: Accounts, *, sign_up: bool) -> Login:
    missing = {group for person in accounts.everybody() for group in person.groups} - set(pool.groups)
    if missing:
        _log.warning("the user pool %s has no group %s", pool.pool_id, ", ".join(sorted(missing)))
    return Login(
        clock=world.clock,
        accounts=accounts,
        pool=Pool(
            pool_id=pool.pool_id,
            token_seconds=pool.token_seconds,
            refresh_seconds=pool.refresh_seconds,
            sign_up=sign_up,
            speed=world.clock.speed,
        ),
        trigger=Triggers(pool, world.invoke),
    )


def _gateway(world: World, front: Front, api: Api, login: Login, pages: Mapping[str, str]) -> Gateway:
    made = Gateway(
        json.loads(api.document),
        world.invoke,
        claims=login.claims,
        settings=Settings(
            api_id=api.api_id,
            stage=api.stage,
            account=front.account,
            limit=api.limit,
            compress_from=api.compress_from,
            binary_types=api.binary_types,
            origins=pages,
        ),
        clock=world.clock,
    )
    _log.info("%s (%s) is served, stage %s", api.name, api.api_id, api.stage)
    return made


def _site(world: World, front: Front, login: Login) -> App:
    ports = world.endpoints
    calls = (ports.url("staff_api"), ports.url("staff_login"))
    config = {
        **front.config,
        "apiBaseUrl": calls[0],
        "login": {**front.config["login"], "issuer": login.issuer, "url": calls[1]},
    }
    try:
        return Site(world.site, config, calls).app
    except NotBuiltError as error:
        _log.error("%s", error)
        return sorry(str(error))


def _rider_config(front: Front, login: Login, ports: Endpoints) -> Mapping[str, Any]:
    known = {name: front.config[name] for name in ("locale", "timeZone", "currency", "marketName")}
    return {
        **known,
        "clientId": front.riders.client_id,
        "scopes": list(front.riders.scopes),
        "issuer": login.issuer,
        "backoffice": ports.url("backoffice"),
    }


def _moved(url: str, pages: Mapping[str, str]) -> str:
    """A URL of the deployment, where it is here."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return url.replace(origin, pages.get(origin, origin), 1)


def _counts(gateway: Gateway | Failover) -> Mapping[str, int]:
    return {name: gateway.counts[name] for name in ("requests", "4xx", "5xx", "throttled")}


def _json(body: Mapping[str, Any]) -> Response:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Response(headers=headers, body=json.dumps(body).encode())


def sorry(words: str) -> Callable[[Request], Response]:
    """Answers everything with 503 and why."""
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")]
    return lambda _: Response(503, headers, f"{words}\n".encode())
