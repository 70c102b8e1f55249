"""What a handler of a resource type is, and what many share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.deploy.clients import Clients
from local.deploy.wanted import Wanted
from local.deployment import Deployed


@dataclass(frozen=True)
class Task:
    """A resource to make. `made` are its made-up outputs with its `id`, `before` what it was, if it was.
    `directory`: where relative paths of assets start.
    """

    wanted: Wanted
    made: Mapping[str, Any]
    before: Deployed | None
    clients: Clients
    directory: Path

    def client(self, service: str) -> Any:  # noqa: ANN401 - a client of any service
        """A client in the resource's Region."""
        return self.clients(service, self.wanted.region)

    def get(self, name: str) -> Any:  # noqa: ANN401 - as the program gave it
        """An input, or None."""
        return self.wanted.inputs.get(name)

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return dict(self.get("tags") or {})


@dataclass(frozen=True)
class Handler:
    """`put` makes a resource or brings it to what is wanted, whatever of it is there already; it returns
    outputs that only AWS knows. `delete` takes it away. A change of a property in `replace_on` needs both.
    """

    put: Callable[[Task], Mapping[str, Any]]
    delete: Callable[[Deployed, Any], object]
    service: str
    replace_on: frozenset[str] = field(default_factory=frozenset)
    holds_data: bool = False


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Take these errors of AWS for success."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise


def pascal(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value with its keys as AWS's APIs spell them: `roleArn` is `RoleARN`-less `RoleArn`."""
    if isinstance(value, list):
        return [pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name[:1].upper() + name[1:]: pascal(item) for name, item in value.items() if item is not None}


def present(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What is not None."""
    return {name: value for name, value in values.items() if value is not None}


def as_text(value: Any) -> str:  # noqa: ANN401 - JSON
    """An attribute of SQS or SNS as they take it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
