"""Staff's app is told of a hot car: a stack that has a credential for pushes, brought up as `ev up` does."""

import json
from typing import Any

import pytest

from cli.main import main
from local.control import UpOptions, up
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.supervisor import Options
from tests.local.platform.world import World, eventually

APPLICATION = "aws:sns/platformApplication:PlatformApplication"
TOPIC = "aws:sns/topic:Topic"
CREDENTIAL = "blue-horizons:pushCredential={}"


def test_a_hot_car_is_pushed_to_the_app_of_staff_who_subscribed(
    world: World, vehicle_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not list(world.deployment.all(APPLICATION))  # the stack has none of its own
    up(world.folder, UpOptions(Options((CREDENTIAL,), cars=0)), lambda _: None)
    deployment = Deployment.load(world.folder.deployment)
    (application,) = deployment.all(APPLICATION)
    topic = next(made for made in deployment.all(TOPIC) if made.name.endswith("topics-critical"))

    # What the app does when somebody of the staff signs in.
    sns = Clients(world.endpoints.url("aws"))("sns", application.region)
    phone = sns.create_platform_endpoint(PlatformApplicationArn=application.id, Token="amelia's phone")
    sns.subscribe(TopicArn=topic.id, Protocol="application", Endpoint=phone["EndpointArn"])

    with world.car(vehicle_id) as car:
        for _ in range(5):
            car.send(temperature_max=64.0)

        def pushed() -> list[dict[str, Any]]:
            return [
                one
                for one in world.inbox()
                if one["protocol"] == "application" and vehicle_id in one["message"]
            ]

        (push,) = eventually(pushed, "a push")
    assert push["endpoint"] == phone["EndpointArn"]
    message = json.loads(push["message"])["fcmV1Message"]["message"]  # Firebase's form, not the mail's
    assert message["notification"]["title"].startswith("[CRITICAL] ")
    assert message["data"]["link"].endswith(f"/vehicles/{vehicle_id}")
    assert message["android"] == {"priority": "high"}

    monkeypatch.setattr("local.folder.Folder.of", lambda _stack: world.folder)
    assert main(["inbox"]) == 0
    assert f"application to {phone['EndpointArn']}: [CRITICAL]" in capsys.readouterr().out

    up(world.folder, UpOptions(Options(cars=0)), lambda _: None)
    assert not list(Deployment.load(world.folder.deployment).all(APPLICATION))
    assert sns.list_platform_applications()["PlatformApplications"] == []
