"""Puts cars into AWS IoT's registry, as the provisioning template does for a car in a workshop."""

from __future__ import annotations

from collections.abc import Iterable

from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder


def enrol(folder: Folder, vehicle_ids: Iterable[str]) -> None:
    """Make things of the deployed type and add them to the deployed group; who is there already stays."""
    deployment = Deployment.load(folder.deployment)
    thing_type = next(deployment.all("aws:iot/thingType:ThingType"))
    group = next(deployment.all("aws:iot/thingGroup:ThingGroup"))
    client = Clients(Endpoints.load(folder.endpoints).url("aws"))("iot", thing_type.region)
    for vehicle_id in vehicle_ids:
        try:
            client.create_thing(
                thingName=vehicle_id,
                thingTypeName=thing_type["name"],
                attributePayload={"attributes": {"market": str(deployment.exports.get("market", ""))}},
            )
        except client.exceptions.ResourceAlreadyExistsException:
            continue
        client.add_thing_to_thing_group(thingGroupName=group["name"], thingName=vehicle_id)
