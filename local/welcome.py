"""What `ev up` says when the platform is ready: what to open, and as whom."""

from __future__ import annotations

from collections import Counter

from local.clock import Clock
from local.deploy.kinds import kind_of
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.login.people import PEOPLE


def welcome(folder: Folder, seconds: float) -> str:
    """In plain text."""
    ports = Endpoints.load(folder.endpoints)
    deployment = Deployment.load(folder.deployment)
    clock = Clock.load(folder.clock)
    counts = Counter(
        kind_of(made.type).value for made in deployment.resources.values() if made.type.startswith("aws:")
    )
    speed = "" if clock.speed == 1 else f" Its clock goes {clock.speed:g} times as fast as time."
    staff = "\n".join(
        f"                 {person.username:<13} {', '.join(person.groups) or 'no group: may do nothing'}"
        for person in PEOPLE
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return f"""
Stack {folder.stack} runs on this machine ({seconds:.0f} s): {kinds}.{speed}

  Back office    {ports.url("backoffice")}
{staff}
  Rider's app    {ports.url("rider_login")}/app
  Rider API      {ports.url("rider_api")}/v1/stations
  GBFS feeds     {ports.url("rider_api")}/gbfs/3/gbfs.json
  Cars (MQTT)    127.0.0.1:{ports.mqtt}
  AWS APIs       AWS_ENDPOINT_URL={ports.url("aws")}

  ev status   ev events -f   ev inbox   ev logs NAME -f   ev simulate --help
  ev down ends it and leaves nothing; ev down --keep keeps what it knows."""
