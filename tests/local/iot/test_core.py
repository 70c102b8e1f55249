"""The broker and its rules, as cars meet them: with a real MQTT client, and the emulated AWS behind."""

import base64
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from moto.moto_api._internal.models import moto_api_backend
from paho.mqtt.enums import CallbackAPIVersion

from local.aws.server import Aws
from local.aws.store import Store
from local.clock import Clock
from local.deploy.clients import Clients
from local.deployment import Deployed, Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.iot.core import IotCore
from local.iot.credentials import token
from local.iot.enrol import enrol
from local.listener import HOST
from local.web import Server

ACCOUNT, REGION = "111122223333", "ap-southeast-1"
CAR, OTHER = "SG-EV-000001", "SG-EV-000002"
THING = "${iot:Connection.Thing.ThingName}"
PATIENCE = 15.0  # s


def arn(resource: str) -> str:
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:{resource}"


POLICY = {
    "Statement": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": arn(f"client/{THING}")},
        {
            "Effect": "Allow",
            "Action": "iot:Publish",
            "Resource": arn(f"topic/$aws/rules/telemetry/bh/sg/{THING}/telemetry"),
        },
        {
            "Effect": "Allow",
            "Action": "iot:Subscribe",
            "Resource": arn(f"topicfilter/bh/sg/{THING}/commands"),
        },
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": arn(f"topic/bh/sg/{THING}/commands")},
    ]
}


class World:
    def __init__(self, path: Path) -> None:
        self.folder = Folder(path / "dev")
        self.folder.create()
        ports = Endpoints.choose()
        ports.save(self.folder.endpoints)
        moto_api_backend.reset()  # moto's state is the process's
        self.aws = Aws(Store(), Clock.starting(), account=ACCOUNT, port=ports.aws)
        self.aws.start()
        self.clients = Clients(ports.url("aws"))
        self.kinesis = self.clients("kinesis", REGION)
        self.sqs = self.clients("sqs", REGION)
        iot = self.clients("iot", REGION)
        iot.create_thing_type(thingTypeName="car")
        iot.create_thing_group(thingGroupName="fleet")
        self.failed = self.sqs.create_queue(QueueName="failed")["QueueUrl"]
        self.kinesis.create_stream(StreamName="telemetry", ShardCount=1)
        self.deploy()
        enrol(self.folder, [CAR, OTHER])
        self.core = IotCore(self.folder, clock=Clock.starting(), endpoints=ports)
        self.core.start()

    def deploy(self, stream: str = "telemetry") -> None:
        select = "SELECT *, topic(3) AS topicVehicleId, timestamp() AS receivedAt"
        rule = {
            "name": "telemetry",
            "enabled": True,
            "sql": f"{select} FROM 'bh/sg/+/telemetry'",
            "kineses": [{"streamName": stream, "partitionKey": "${topic(3)}"}],
            "errorAction": {"sqs": {"queueUrl": self.failed, "useBase64": False}},
        }
        lifecycle = {
            "name": "lifecycle",
            "enabled": True,
            "sql": f"{select} FROM '$aws/events/presence/+/+' WHERE eventType = 'disconnected'",
            "kineses": [{"streamName": "telemetry", "partitionKey": "${topic(5)}"}],
        }
        resources = [
            made("aws:iot/policy:Policy", "car", {"policy": json.dumps(POLICY)}),
            made("aws:iot/topicRule:TopicRule", "telemetry", rule),
            made("aws:iot/topicRule:TopicRule", "lifecycle", lifecycle),
            made("aws:iot/thingType:ThingType", "car", {}),
            made("aws:iot/thingGroup:ThingGroup", "fleet", {}),
        ]
        Deployment("p", "dev", ACCOUNT, {one.urn: one for one in resources}, {"market": "sg"}).save(
            self.folder.deployment
        )

    def records(self, count: int) -> list[tuple[str, Any]]:
        """(partition key, message) of that many records of the stream."""
        asked = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.kinesis.get_shard_iterator(StreamName="telemetry", **asked)["ShardIterator"]
        for _ in range(150):
            found = self.kinesis.get_records(ShardIterator=iterator)["Records"]
            if len(found) >= count:
                return [(one["PartitionKey"], json.loads(one["Data"])) for one in found]
            Event().wait(0.1)
        raise AssertionError(f"{len(found)} records instead of {count}")

    def stop(self) -> None:
        self.core.stop()
        self.aws.stop()


def made(type_: str, name: str, inputs: dict[str, Any]) -> Deployed:
    return Deployed(
        urn=f"urn:{type_}::{name}",
        type=type_,
        name=name,
        id=name,
        created=False,
        region=REGION,
        inputs=inputs,
        outputs={"name": name},
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    there = World(tmp_path)
    yield there
    there.stop()


class Car:
    """A car's side, until the test's end."""

    def __init__(self, world: World, vehicle_id: str = CAR, password: str | None = None) -> None:
        self.heard: Queue[mqtt.MQTTMessage] = Queue()
        self.connected: Queue[str] = Queue()
        self.granted: Queue[Any] = Queue()
        self.lost = Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=vehicle_id)
        self.client.username_pw_set(vehicle_id, password or token(world.folder, vehicle_id))
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(str(reason))
        self.client.on_disconnect = lambda *_: self.lost.set()
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: self.granted.put(codes)
        self.client.on_message = lambda _c, _u, message: self.heard.put(message)
        self.client.connect(HOST, world.core.port)
        self.client.loop_start()
        self.answer = self.connected.get(timeout=PATIENCE)

    def tell(self, message: Any, vehicle_id: str = CAR) -> bool:
        """Whether the broker acknowledged it."""
        topic = f"$aws/rules/telemetry/bh/sg/{vehicle_id}/telemetry"
        body = message if isinstance(message, bytes) else json.dumps(message)
        told = self.client.publish(topic, body, qos=1)
        told.wait_for_publish(PATIENCE if vehicle_id == CAR else 1)
        return told.is_published()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def car(world: World) -> Iterator[Callable[..., Car]]:
    cars: list[Car] = []

    def make(*arguments: Any) -> Car:
        cars.append(Car(world, *arguments))
        return cars[-1]

    yield make
    for one in cars:
        one.close()


def test_what_a_car_measures_is_in_the_stream_when_it_is_acknowledged(
    world: World, car: Callable[..., Car]
) -> None:
    assert car().tell({"Vehicle.Speed": 3, "sequence": 1})
    ((key, message),) = world.records(1)
    assert key == CAR
    assert message["Vehicle.Speed"] == 3
    assert message["topicVehicleId"] == CAR
    assert isinstance(message["receivedAt"], int)


def test_messages_of_a_car_stay_in_order(world: World, car: Callable[..., Car]) -> None:
    one = car()
    for number in range(50):
        one.client.publish(f"$aws/rules/telemetry/bh/sg/{CAR}/telemetry", json.dumps({"n": number}), qos=1)
    assert [message["n"] for _, message in world.records(50)] == list(range(50))


@pytest.mark.parametrize(("vehicle_id", "password"), [(CAR, "guessed"), ("SG-EV-999999", None)])
def test_a_car_with_a_wrong_password_or_of_no_registry_is_not_let_in(
    car: Callable[..., Car], vehicle_id: str, password: str | None
) -> None:
    assert car(vehicle_id, password).answer in ("Bad user name or password", "Not authorized")


def test_a_car_that_speaks_for_another_is_cut_off_and_not_heard(
    world: World, car: Callable[..., Car]
) -> None:
    one = car()
    assert not one.tell({"n": 1}, OTHER)
    assert one.lost.wait(PATIENCE)
    one.close()  # it would come again, and cut off who has its name
    assert car(CAR).tell({"n": 2})
    said = [message for _, message in world.records(1) if "n" in message]
    assert [message["n"] for message in said] == [2]


def test_a_car_hears_its_own_commands_and_no_others(world: World, car: Callable[..., Car]) -> None:
    one = car()
    one.client.subscribe([(f"bh/sg/{CAR}/commands", 1), (f"bh/sg/{OTHER}/commands", 1)])
    codes = one.granted.get(timeout=PATIENCE)
    assert [code.is_failure for code in codes] == [False, True]
    with Server(world.core.serve) as plane:
        for vehicle_id in (OTHER, CAR):
            url = f"{plane.origin}/topics/bh/sg/{vehicle_id}/commands?qos=1"
            with urllib.request.urlopen(url, b'{"action":"lock"}') as answer:  # noqa: S310 - ours
                assert answer.status == 200
    heard = one.heard.get(timeout=PATIENCE)
    assert (heard.topic, heard.payload) == (f"bh/sg/{CAR}/commands", b'{"action":"lock"}')
    assert one.heard.empty()


def test_a_car_that_goes_is_reported(world: World, car: Callable[..., Car]) -> None:
    car().close()
    ((key, event),) = world.records(1)
    assert key == CAR
    assert (event["eventType"], event["clientId"], event["clientInitiatedDisconnect"]) == (
        "disconnected",
        CAR,
        True,
    )


def test_the_newer_connection_of_a_car_takes_the_place_of_the_older(
    world: World, car: Callable[..., Car]
) -> None:
    first = car()
    first.client.reconnect_delay_set(60, 60)
    second = car()
    assert first.lost.wait(PATIENCE)
    assert second.tell({"n": 1})
    assert world.core.status()["connections"] == 1


def test_what_the_stream_refuses_is_queued_whole(world: World, car: Callable[..., Car]) -> None:
    world.deploy(stream="gone")
    world.core.look()
    assert car().tell({"n": 1})
    (told,) = world.sqs.receive_message(QueueUrl=world.failed, WaitTimeSeconds=10)["Messages"]
    record = json.loads(told["Body"])
    assert json.loads(base64.b64decode(record["base64OriginalPayload"])) == {"n": 1}
    assert (record["ruleName"], record["clientId"]) == ("telemetry", CAR)
    assert record["failures"][0]["failedResource"] == "gone"


def test_a_message_that_is_no_json_fails_its_rule_and_nothing_else(
    world: World, car: Callable[..., Car]
) -> None:
    one = car()
    assert one.tell(b"\xff\x00")
    assert one.tell({"n": 2})
    assert [message.get("n") for _, message in world.records(1)] == [2]
    assert world.core.status()["failed"] == {"telemetry": 1}


def test_a_rule_that_is_not_understood_leaves_the_rules_as_they_were(
    world: World, car: Callable[..., Car]
) -> None:
    text = world.folder.deployment.read_text()
    world.folder.deployment.write_text(text.replace("SELECT *", "SELECT get_thing_shadow(1) AS x"))
    world.core.look()
    assert car().tell({"n": 1})
    world.records(1)
