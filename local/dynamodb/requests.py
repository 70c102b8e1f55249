"""What the calls on items have in common: what they say by placeholders, and what is picked of an item."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from local.dynamodb.conditions import Condition, condition, projection
from local.dynamodb.grammar import Item, Path, Placeholders, picked
from local.dynamodb.values import invalid, measured

Request: TypeAlias = Mapping[str, Any]
_LEGACY = (
    "AttributeUpdates",
    "AttributesToGet",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)


def placeholders(request: Request, uses: Iterable[frozenset[str]]) -> Placeholders:
    """The request's, each of which its expressions have to use. Raises AwsError."""
    names, values = (
        request.get("ExpressionAttributeNames") or {},
        request.get("ExpressionAttributeValues") or {},
    )
    used = frozenset().union(*uses)
    for what, given in (("Names", names), ("Values", values)):
        unused = sorted(given.keys() - used)
        if unused:
            raise invalid(
                f"Value provided in ExpressionAttribute{what} unused in expressions: "
                f"keys: {{{', '.join(unused)}}}"
            )
    missing = sorted(used - names.keys() - values.keys())
    if missing:
        raise invalid(
            f"An expression refers to {', '.join(missing)}, which ExpressionAttributeNames and "
            "ExpressionAttributeValues do not define"
        )
    if values:
        measured(dict(values))
    return Placeholders(names, values)


def check_legacy(request: Request) -> None:
    """Raises AwsError for what expressions replaced in 2014."""
    found = [name for name in _LEGACY if name in request]
    if found:
        raise invalid(f"{', '.join(found)}: these old parameters are not served here, use expressions")


def condition_of(request: Request, name: str = "ConditionExpression") -> Condition | None:
    """The parsed condition, if there is one. Raises ExpressionError."""
    text = request.get(name)
    return None if text is None else condition(text)


def check_count(what: str, count: int, most: int) -> None:
    """Raises AwsError."""
    if not 1 <= count <= most:
        raise invalid(f"{count} {what} at once: 1 to {most} can be")


class Picker:
    """Picks of items what a request's ProjectionExpression says."""

    def __init__(self, request: Request) -> None:
        text = request.get("ProjectionExpression")
        self._made = None if text is None else projection(text)
        self._paths: tuple[Path, ...] = ()

    @property
    def uses(self) -> frozenset[str]:
        """The placeholders in it."""
        return self._made.uses if self._made else frozenset()

    def resolve(self, given: Placeholders) -> "Picker":
        """With what names stand for."""
        if self._made:
            self._paths = tuple(given.path(path) for path in self._made.paths)
        return self

    def __call__(self, item: Item) -> Item:
        return picked(item, self._paths) if self._made else item

    @property
    def picks(self) -> bool:
        """Whether there is a projection."""
        return self._made is not None
