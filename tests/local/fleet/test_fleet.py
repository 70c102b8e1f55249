"""The fleet: the same for the same seed, obeys once, reports until it is heard, gives way."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ev_rental.rental.market import rental_market, stations
from ev_rental.vocabulary import Market, RentalState
from local.clock import Clock
from local.fleet.__main__ import main
from local.fleet.api import ApiError
from local.fleet.car import Car
from local.fleet.connection import Address, CarConnection
from local.fleet.driver import Driver, Topics, Weather
from local.fleet.rider import Rider
from local.fleet.scenarios import SCENARIOS, Scene, offline_storm, thermal_runaway
from local.fleet.turn import Turn
from local.folder import Folder
from local.iot import packets
from local.iot.packets import Kind, Packet
from local.listener import HOST

TOPICS = Topics("telemetry/{}", "acks/{}", "commands/{}")
CALM = Weather(duplicate=0.0, reorder=0.0, lost_contact=0.0)
PLACES = list(stations(Market.SINGAPORE).values())


class Wire:
    """Stands in for a connection: remembers what was published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.up = asyncio.Event()
        self.away = False

    def publish(self, topic: str, payload: bytes) -> None:
        self.published.append((topic, json.loads(payload)))

    def leave(self) -> None:
        self.away = True

    def come_back(self) -> None:
        self.away = False


def car(number: int = 1, seed: int = 7) -> Car:
    return Car(
        vehicle_id=f"SG-EV-{number:06d}",
        kind=rental_market(Market.SINGAPORE).vehicle_types[0],
        state=RentalState.AVAILABLE,
        position=(1.30, 103.85),
        soc=70.0,
        odometer=1_000_000,
        rng=Random(f"{seed}:{number}"),  # noqa: S311 - the same again
    )


def driver(weather: Weather = CALM, *, seed: int = 7, number: int = 1) -> tuple[Driver, Wire]:
    wire = Wire()

    def connect(_car: Car, _heard: Callable[[bytes], None]) -> Any:
        return wire

    made = Driver(
        car(number),
        TOPICS,
        market=Market.SINGAPORE,
        clock=Clock(really=0.0, then=1_800_000_000.0, speed=1_000.0, real=lambda: 0.0),
        interval=30.0,
        weather=weather,
        places=PLACES,
        connect=connect,
        seed=seed,
    )
    return made, wire


def said(weather: Weather, *, seed: int = 7, count: int = 400) -> list[tuple[str, dict[str, Any]]]:
    one, wire = driver(weather, seed=seed)
    for _ in range(count):
        one.say()
    one.finish()
    return wire.published


def test_the_same_seed_is_the_same_fleet_and_another_is_another() -> None:
    assert said(Weather()) == said(Weather())
    assert said(Weather()) != said(Weather(), seed=8)


def test_a_message_in_a_hundred_comes_twice_and_one_late_and_none_is_missing() -> None:
    numbers = [message["sequence"] for _, message in said(Weather(duplicate=0.05, reorder=0.05))]
    assert set(numbers) == set(range(1, 401))
    assert len(numbers) > 400
    assert numbers != sorted(numbers)
    assert [m["sequence"] for _, m in said(CALM)] == list(range(1, 401))


def test_what_was_held_back_is_the_last_that_a_car_says() -> None:
    one, wire = driver(Weather(duplicate=0.0, reorder=1.0, lost_contact=0.0))
    one.say()
    one.vanish(60.0)
    assert not wire.published
    one.finish()
    one.say()
    assert [message["sequence"] for _, message in wire.published] == [1]
    assert (one.reports, one.last_report, wire.away) == (1, wire.published[0][1]["timestamp"], False)


def test_a_command_is_obeyed_once_however_often_it_is_told() -> None:
    one, wire = driver()
    told = {"commandId": "c-1", "action": "unlock", "expiresAt": 1_800_000_060_000}

    async def hear() -> None:
        for _ in range(2):
            one._told(json.dumps(told).encode())
        obeying = asyncio.create_task(one._obey())
        while len(wire.published) < 4:
            await asyncio.sleep(0)
        obeying.cancel()

    asyncio.run(asyncio.wait_for(hear(), 10))
    acks = [message for topic, message in wire.published if topic.startswith("acks/")]
    assert [(ack["commandId"], ack["result"]) for ack in acks] == [("c-1", "done")] * 2
    assert not one.car.locked
    assert one.car.target is not None


def test_a_command_that_came_too_late_is_refused() -> None:
    one, wire = driver()
    one._told(json.dumps({"commandId": "c-1", "action": "unlock", "expiresAt": 1}).encode())

    async def hear() -> None:
        obeying = asyncio.create_task(one._obey())
        while not wire.published:
            await asyncio.sleep(0)
        obeying.cancel()

    asyncio.run(asyncio.wait_for(hear(), 10))
    assert wire.published[0][1]["result"] == "refused"
    assert one.car.locked


def test_what_has_no_acknowledgement_is_sent_again_over_the_next_connection() -> None:
    heard: list[packets.Publish] = []

    async def talk() -> None:
        done = asyncio.Event()
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            first = connections == 1
            await packets.read(reader)
            writer.write(packets.build_connack(packets.Refusal.ACCEPTED))
            while True:
                packet: Packet = await packets.read(reader)
                if packet.kind is not Kind.PUBLISH:
                    continue
                message = packets.parse_publish(packet)
                heard.append(message)
                if first:  # it dies before it has acknowledged
                    writer.close()
                    return
                writer.write(packets.build_ack(Kind.PUBACK, message.packet_id))
                await writer.drain()
                done.set()

        server = await asyncio.start_server(serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        connection = CarConnection(Address(HOST, port, "car", "secret"), "commands", lambda _: None)
        running = asyncio.create_task(connection.run())
        connection.publish("telemetry", b"{}")
        await done.wait()
        await connection.settled.wait()
        assert (connection.sent, connection.acknowledged, connection.connects) == (1, 1, 2)
        running.cancel()
        server.close()

    asyncio.run(asyncio.wait_for(talk(), 20))
    assert [(one.topic, one.duplicate) for one in heard] == [("telemetry", True)] * 2


def test_a_hot_car_is_one_and_reports_it() -> None:
    drivers = [driver(number=number) for number in range(1, 5)]
    for one, _ in drivers:
        one.connection.up.set()
    words: list[str] = []
    scene = Scene([one for one, _ in drivers], [], Random(1), words.append)  # noqa: S311 - the same again
    asyncio.run(_awaited(thermal_runaway(scene)))
    hot = [one for one, _ in drivers if one.car.fault is not None]
    assert len(hot) == 1
    reports = [message for _, wire in drivers for _, message in wire.published]
    path = "Vehicle.Powertrain.TractionBattery.Temperature.Max"
    assert [message[path] for message in reports] == [68.0]
    assert hot[0].car.vehicle_id in words[0]


def test_a_storm_takes_contact_from_a_third_of_the_fleet() -> None:
    drivers = [driver(number=number) for number in range(1, 11)]
    scene = Scene([one for one, _ in drivers], [], Random(1), lambda _: None)  # noqa: S311 - the same again
    asyncio.run(_awaited(offline_storm(scene)))
    assert sum(wire.away for _, wire in drivers) == 3


async def _awaited(what: Any) -> None:
    await what


class Answers:
    """A rider API that knows one car; `code` refuses the booking."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.asked: list[tuple[str, str]] = []

    async def call(self, method: str, path: str, _body: Any = None) -> Any:
        self.asked.append((method, path.partition("?")[0]))
        if path.startswith("/v1/vehicles"):
            return {"vehicles": [{"vehicleId": "SG-EV-000001"}]}
        if method == "POST" and path == "/v1/bookings":
            if self.code:
                raise ApiError(409, {"code": self.code})
            return {"bookingId": "b-1"}
        if path.startswith("/v1/stations/"):
            return {"bays": [{"bayId": "01", "free": True}]}
        if path.startswith("/v1/commands/"):
            return {"state": "ACKNOWLEDGED"}
        if path.endswith("/invoice"):
            return {"invoiceId": "i-1"}
        return {"commandId": "c-1"}


def rider(api: Answers, returned: list[tuple[str, str, str]]) -> Rider:
    return Rider(
        "anna",
        api,  # type: ignore[arg-type]  # it answers the one call that is made
        clock=Clock(really=0.0, then=0.0, speed=1_000.0, real=lambda: 0.0),
        rng=Random(1),  # noqa: S311 - the same again
        places=[("sg-orchard", 1.304, 103.832)],
        returned=lambda *where: returned.append(where),
    )


def test_a_ride_ends_with_an_invoice_and_the_car_in_a_bay() -> None:
    returned: list[tuple[str, str, str]] = []
    ride = asyncio.run(rider(Answers(), returned).ride())
    assert (ride.outcome, ride.booking_id, ride.invoice_id) == ("invoiced", "b-1", "i-1")
    assert returned == [("SG-EV-000001", "sg-orchard", "01")]


def test_a_refused_booking_is_told_by_its_code() -> None:
    ride = asyncio.run(rider(Answers("vehicle_not_available"), []).ride())
    assert (ride.outcome, ride.booking_id) == ("vehicle_not_available", "")


def test_a_fleet_in_the_background_gives_way_to_one_that_is_asked_for(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "dev")
    folder.create()
    lost: list[bool] = []

    async def watch() -> None:
        with Turn(folder, background=True) as background:
            watching = asyncio.create_task(background.watch(lambda: lost.append(True)))
            with Turn(folder, background=False):
                await watching
            assert background.lost

    asyncio.run(asyncio.wait_for(watch(), 20))
    assert lost == [True]
    (folder.path / "simulate.pid").write_text(str(2**22 + os.getpid()))  # of a process that is gone
    with Turn(folder, background=True) as again:
        assert not again.lost


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--cars=9999"], "9999"), (["--scenario=flood"], "flood"), (["--cars=x"], "'x'")],
)
def test_bad_usage_names_the_value(
    arguments: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "dev"), *arguments])
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


def test_without_a_platform_it_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "dev")]) == 1
    assert "ev up dev" in capsys.readouterr().err


def test_every_scenario_has_words() -> None:
    assert all(scenario.__doc__ for scenario in SCENARIOS.values())
