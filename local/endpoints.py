"""Where everything of a local platform listens: on 127.0.0.1, at ports that were free."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from socket import socket
from typing import Self

from local.folder import write_whole
from local.listener import HOST


@dataclass(frozen=True)
class Endpoints:
    """Ports. `aws`: every AWS API that has none of its own here. `functions`: Lambda's API.
    `iot`: the data plane of AWS IoT, and `mqtt`: its broker. The rest is what a person or an app opens.
    """

    aws: int
    functions: int
    iot: int
    mqtt: int
    rider_api: int
    rider_login: int
    staff_api: int
    staff_login: int
    backoffice: int

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read `endpoints.json`."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def save(self, file: Path) -> None:
        """Write `endpoints.json`."""
        write_whole(file, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def choose(cls, before: Self | None = None) -> Self:
        """Free ports; those of `before` again where they are still free, so that bookmarks stay good.

        Raises OSError when there is no free port.
        """
        held = []
        ports = {}
        try:
            for field in fields(cls):
                wanted = getattr(before, field.name) if before else 0
                taken = _bound(wanted) or _bound(0)
                if taken is None:
                    raise OSError(f"no free port was found for {field.name} on {HOST}")
                held.append(taken)
                ports[field.name] = int(taken.getsockname()[1])
        finally:
            for taken in held:
                taken.close()
        return cls(**ports)

    def url(self, name: str) -> str:
        """The origin of one of them, such as `http://127.0.0.1:8600`."""
        return f"http://{HOST}:{getattr(self, name)}"

    def environment(self) -> dict[str, str]:
        """What leads every AWS SDK here; credentials are those of nobody."""
        return {
            "AWS_ENDPOINT_URL": self.url("aws"),
            "AWS_ENDPOINT_URL_LAMBDA": self.url("functions"),
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE": self.url("iot"),
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def _bound(port: int) -> socket | None:
    taken = socket()
    try:
        taken.bind((HOST, port))
    except OSError:
        taken.close()
        return None
    return taken
