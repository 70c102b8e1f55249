"""The demonstration's back office: the built web app, the real staff API, and a fleet that is made up."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, RLock, Thread
from typing import Any, Final

import staff_api.handler
from components.markets import MARKETS, Market as StackMarket
from components.openapi import Cors, served_document
from ev_rental.staff.access import groups_of
from ev_rental.staff.audit import Actor
from ev_rental.vocabulary import Market
from http_api.iot_commands import IotCommandSender
from local.demo.broker import Broker
from local.demo.data import EPOCH, Demo
from local.demo.life import Life
from local.demo.tables import NAMES
from local.demo.work import Clock
from local.dynamodb import Engine, intercepted
from local.folder import ROOT
from local.front.gateway import Gateway, Settings
from local.login.accounts import Person
from local.login.people import PEOPLE
from local.login.pool import Client
from local.login.server import Login
from local.running import Running
from local.site import BUILT, Site
from local.web import Request, Response, Server

SCOPES: Final = ("openid", "email", "backoffice/staff")
TICK_SECONDS: Final = 2.0
_ONLY: Final = Lock()
DOCUMENT: Final = ROOT / "functions" / "staff_api" / "openapi.json"
_DEPLOYED_PAGE: Final = "https://backoffice.example.com"
_FUNCTION: Final = "arn:aws:lambda:us-east-1:000000000000:function:staff-api"


@dataclass(frozen=True)
class Options:
    """`port` 0 takes a free one. `lively`: whether anything happens by itself."""

    market: Market = Market.SINGAPORE
    cars: int = 240
    seed: int = 7
    port: int = 0
    lively: bool = True
    site: Path = BUILT

    def __post_init__(self) -> None:
        if not 20 <= self.cars <= 5_000:
            raise ValueError(f"cars is {self.cars}: 20 to 5000 can be made up")
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"port is {self.port}: 0 to 65535 are ports, 0 is any free one")


class Backoffice(Running):
    """Everything that runs. `clock`: s, of the tokens."""

    def __init__(self, options: Options, *, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.clock = clock
        self.login = Login(PEOPLE, clock=clock)
        self._broker = Broker()
        self._lock = RLock()
        self._over = Event()
        self._stack = ExitStack()

    def start(self) -> None:
        """Makes the fleet up and serves.

        Raises NotBuiltError, OSError for a port that is taken, and RuntimeError for a second one in a
        process: the function reads its settings from the environment of its process, as in Lambda.
        """
        if not _ONLY.acquire(blocking=False):
            raise RuntimeError("a back office runs in this process: stop it first, or start another process")
        self._stack.callback(_ONLY.release)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise

    def _start(self) -> None:
        options, enter = self.options, self._stack.enter_context
        facts = MARKETS[StackMarket(options.market)]
        broker = enter(Server(self._broker.app))
        self.page = Server(self._page, port=options.port)
        self._stack.callback(self.page.stop)
        self._login_server = enter(Server(self.login.app))
        enter(intercepted(Engine()))
        enter(_environment(_of_the_function(options.market, self.page.origin, broker.origin)))
        staff_api.handler.environment.cache_clear()
        staff_api.handler.router.cache_clear()
        self.demo = Demo(
            market=options.market,
            size=options.cars,
            seed=options.seed,
            region=facts.primary.value,
            locale=facts.locale,
            staff=[_actor(person) for person in PEOPLE],
            sender=IotCommandSender.in_region(facts.telemetry_ingest.value),
            clock=Clock(time.time_ns() // 1_000_000),
        )
        self.demo.fill()
        self.life = Life(self.demo, self._broker, seed=options.seed)
        self._gateway = Gateway(
            _document(),
            _invoke,
            claims=self.login.claims,
            settings=Settings(origins={_DEPLOYED_PAGE: self.page.origin}),
        )
        self.api = enter(Server(self.serve))
        self.login.serve(_web_app(self.page.origin), self._login_server.origin)
        self._site = Site(options.site, self.config(), (self.api.origin, self._login_server.origin))
        self.page.start()
        if options.lively:
            life = Thread(target=self._live, daemon=True)
            life.start()
            self._stack.callback(life.join)
            self._stack.callback(self._over.set)

    def stop(self) -> None:
        """Ends everything and forgets it."""
        self._stack.close()

    def config(self) -> Mapping[str, Any]:
        """What the web app reads at its start, as the deployment writes it."""
        facts = MARKETS[StackMarket(self.options.market)]
        return {
            "environment": "local",
            "market": self.options.market.value,
            "marketName": facts.country,
            "locale": facts.locale,
            "timeZone": facts.time_zone,
            "currency": {"code": facts.currency.code, "minorUnits": facts.currency.minor_units},
            "apiBaseUrl": self.api.origin,
            "login": {
                "issuer": self.login.issuer,
                "url": self._login_server.origin,
                "clientId": "backoffice",
                "scopes": list(SCOPES),
            },
        }

    def restart_api(self) -> None:
        """The API's port answers again, after `api.stop()`."""
        port = int(self.api.origin.rpartition(":")[2])
        self.api = self._stack.enter_context(Server(self.serve, port=port))

    def tick(self) -> None:
        """What happens by itself, once."""
        with self._lock:
            self.life.tick(time.time_ns() // 1_000_000)

    def _page(self, request: Request) -> Response:
        return self._site.app(request)

    def serve(self, request: Request) -> Response:
        """The staff API's answer."""
        # One after the other, as an execution environment of Lambda takes them.
        with self._lock:
            parts = request.path.split("/")
            if parts[1:3] == ["v1", "vehicles"] and len(parts) > 3:
                self.demo.remember(parts[3])
            return self._gateway.app(request)

    def _live(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            self.tick()


def _actor(person: Person) -> Actor:
    return Actor(sub=person.sub, name=person.username, groups=groups_of(person.groups), ip="127.0.0.1")


def _invoke(_: str, event: Any, __: float) -> Any:  # noqa: ANN401 - JSON
    context: Any = None  # the router does without one
    return json.loads(json.dumps(staff_api.handler.handler(event, context)))


def _document() -> Mapping[str, Any]:
    """The staff API's document as a stack deploys it."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{_FUNCTION}/invocations"
    served: Mapping[str, Any] = json.loads(
        served_document(
            json.loads(DOCUMENT.read_text()),
            user_pool_arn="staff",
            invoke_arns={"/": uri},
            cors=Cors(origin=_DEPLOYED_PAGE),
        )
    )
    return served


def _web_app(origin: str) -> Client:
    return Client(
        client_id="backoffice",
        origin=origin,
        callback_urls=(f"{origin}/signed-in",),
        logout_urls=(f"{origin}/signed-out",),
        scopes=SCOPES,
    )


def _of_the_function(market: Market, page: str, data_plane: str) -> Mapping[str, str]:
    """The function's environment, as a stack of the market has it. `page`, `data_plane`: origins."""
    facts = MARKETS[StackMarket(market)]
    return {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "MARKET": market.value,
        "LOCALE": facts.locale,
        "RENTAL_TABLE": NAMES.rental,
        "VEHICLE_STATE_TABLE": NAMES.vehicle_state,
        "ALERTS_TABLE": NAMES.alerts,
        "BACKOFFICE_TABLE": NAMES.backoffice,
        "RECENT_TELEMETRY_TABLE": NAMES.recent_telemetry,
        "KPI_TABLE": NAMES.kpi,
        "TABLES_REGION": facts.primary.value,
        "IOT_REGION": facts.telemetry_ingest.value,
        "WRITES_ENABLED": "true",
        "WRITER_EPOCH": str(EPOCH),
        "ALLOWED_ORIGIN": page,
        "AWS_ENDPOINT_URL_IOT_DATA_PLANE": data_plane,
    }


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables while it lasts, and what was there before afterwards."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
