"""What the engines share: how a call finds its operation, and how its parameters are read."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from local.aws.service import Answer, AwsError, Call

Operation: TypeAlias = Callable[[Call], Answer]


class Part:
    """Some operations of a service."""

    invalid = "ValidationException"  # the service's code for a parameter that cannot be

    def need(self, call: Call, name: str) -> Any:  # noqa: ANN401 - JSON
        """A parameter that must be there."""
        value = call.params.get(name)
        if value is None or value == "":
            raise AwsError(self.invalid, f"{call.operation} needs {name}")
        return value

    def whole(self, name: str, value: Any, least: int, most: int) -> int:  # noqa: ANN401 - JSON
        """A whole number within its bounds."""
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = least - 1
        if not least <= number <= most:
            raise AwsError(
                self.invalid,
                f"Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}.",
            )
        return number


class Engine(Part):
    """A service made of its operations, by their names in the API."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    def call(self, call: Call) -> Answer:
        """The answer. Raises AwsError, of an operation that is not emulated as well."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError(
                "UnknownOperationException",
                f"{call.operation} is not emulated; there are {', '.join(sorted(self._operations))}",
            )
        return operation(call)


def given(call: Call, *names: str) -> dict[str, Any]:
    """Those of these parameters that say something."""
    return {name: call.params[name] for name in names if call.params.get(name)}


def tags_of(listed: list[Mapping[str, str]] | None) -> dict[str, str]:
    """`[{Key, Value}]` as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in listed or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as `[{Key, Value}]`."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def in_arn(arn: str) -> tuple[str, str, str, str]:
    """(service, Region, account, resource) of an ARN. Raises ValueError."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise ValueError(f"{arn!r} is no ARN: arn:aws:<service>:<region>:<account>:<resource>")
    return parts[2], parts[3], parts[4], parts[5]
