"""The in-process DynamoDB answers as moto's does, which answers as AWS's does."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import get_session
from hypothesis import given, strategies as st
from moto import mock_aws

from local.dynamodb import Engine, intercepted
from local.dynamodb.conditions import condition
from local.dynamodb.grammar import ExpressionError
from local.dynamodb.updates import update
from tests.local.dynamodb.things import key, things

REGION = "ap-southeast-1"
TABLE = things(
    {
        "IndexName": "by_colour",
        "KeySchema": [
            {"AttributeName": "colour", "KeyType": "HASH"},
            {"AttributeName": "stamp", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    },
    colour="S",
    stamp="N",
)


def item(pk: str, sk: int, **more: Any) -> dict[str, Any]:
    return {**key(pk, sk), **more}


@pytest.fixture(scope="module")
def ours() -> Any:
    with intercepted(Engine()):
        client: Any = get_session().create_client("dynamodb", region_name=REGION)
    client.create_table(**TABLE)
    return client


@pytest.fixture(scope="module")
def theirs() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(**TABLE)
        yield client


def answer(client: Any, operation: str, request: dict[str, Any]) -> Any:
    """What a call answers, or how it is refused; without what differs by nature."""
    try:
        found = getattr(client, operation)(**request)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        told = [(reason.get("Code"), reason.get("Item")) for reason in reasons]
        return error.response["Error"]["Code"], told
    wanted = ("Item", "Items", "Responses", "LastEvaluatedKey", "UnprocessedKeys", "UnprocessedItems")
    return {name: found[name] for name in wanted if found.get(name)}


def put(**more: Any) -> dict[str, Any]:
    return {"TableName": "things", **more}


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("put_item", put(Item=item("a", 1, colour={"S": "red"}, stamp={"N": "10"}, count={"N": "5"}))),
    ("put_item", put(Item=item("a", 2, colour={"S": "red"}, stamp={"N": "9"}, tags={"SS": ["x", "y"]}))),
    ("put_item", put(Item=item("a", 10, colour={"S": "blue"}, stamp={"N": "9"}, on={"BOOL": True}))),
    ("put_item", put(Item=item("b", 1, note={"S": "without a colour"}))),
    ("get_item", put(Key=key("a", 1), ConsistentRead=True)),
    ("get_item", put(Key=key("a", 3))),
    (
        "get_item",
        put(Key=key("a", 1), ProjectionExpression="#c, absent", ExpressionAttributeNames={"#c": "colour"}),
    ),
    (
        "put_item",
        put(
            Item=item("a", 1),
            ConditionExpression="attribute_not_exists(#p)",
            ExpressionAttributeNames={"#p": "pk"},
        ),
    ),
    (
        "update_item",
        put(
            Key=key("a", 1),
            UpdateExpression="SET #n = #n + :one, stamp = :at REMOVE gone",
            ConditionExpression="#n BETWEEN :low AND :high AND NOT colour = :blue",
            ExpressionAttributeNames={"#n": "count"},
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":at": {"N": "12"},
                ":low": {"N": "5"},
                ":high": {"N": "50"},
                ":blue": {"S": "blue"},
            },
        ),
    ),
    ("get_item", put(Key=key("a", 1))),
    (
        "update_item",
        put(
            Key=key("c", 7),
            UpdateExpression="SET started = if_not_exists(started, :now) ADD visits :one, tags :tags",
            ExpressionAttributeValues={":now": {"N": "5"}, ":one": {"N": "2"}, ":tags": {"SS": ["z"]}},
        ),
    ),
    (
        "update_item",
        put(
            Key=key("c", 7),
            UpdateExpression="SET started = if_not_exists(started, :now) ADD visits :one DELETE tags :tags",
            ExpressionAttributeValues={":now": {"N": "9"}, ":one": {"N": "2"}, ":tags": {"SS": ["z"]}},
        ),
    ),
    ("get_item", put(Key=key("c", 7))),
    (
        "query",
        put(
            KeyConditionExpression="#p = :a AND sk >= :two",
            ExpressionAttributeNames={"#p": "pk"},
            ExpressionAttributeValues={":a": {"S": "a"}, ":two": {"N": "2"}},
        ),
    ),
    (
        "query",
        put(
            KeyConditionExpression="pk = :a",
            FilterExpression="colour IN (:red, :green) OR attribute_exists(#on)",
            ExpressionAttributeNames={"#on": "on"},
            ExpressionAttributeValues={":a": {"S": "a"}, ":red": {"S": "red"}, ":green": {"S": "green"}},
            ScanIndexForward=False,
        ),
    ),
    (
        "query",
        put(
            IndexName="by_colour",
            KeyConditionExpression="colour = :red",
            ExpressionAttributeValues={":red": {"S": "red"}},
            Limit=1,
        ),
    ),
    (
        "query",
        put(
            IndexName="by_colour",
            KeyConditionExpression="colour = :red",
            ExpressionAttributeValues={":red": {"S": "red"}},
            ExclusiveStartKey={**key("a", 2), "colour": {"S": "red"}, "stamp": {"N": "9"}},
        ),
    ),
    (
        "batch_get_item",
        {"RequestItems": {"things": {"Keys": [key("a", 1), key("a", 99), key("b", 1)]}}},
    ),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": put(Item=item("t", 1))},
                {
                    "Update": put(
                        Key=key("a", 1),
                        UpdateExpression="SET colour = :green",
                        ConditionExpression="colour = :blue",
                        ExpressionAttributeValues={":green": {"S": "green"}, ":blue": {"S": "blue"}},
                        ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    )
                },
                {
                    "ConditionCheck": put(
                        Key=key("b", 1),
                        ConditionExpression="begins_with(note, :with)",
                        ExpressionAttributeValues={":with": {"S": "without"}},
                    )
                },
            ]
        },
    ),
    ("get_item", put(Key=key("t", 1))),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": put(Item=item("t", 1, colour={"S": "red"}, stamp={"N": "1"}))},
                {
                    "Update": put(
                        Key=key("a", 1),
                        UpdateExpression="SET colour = :green",
                        ExpressionAttributeValues={":green": {"S": "green"}},
                    )
                },
                {"Delete": put(Key=key("a", 2))},
            ]
        },
    ),
    (
        "query",
        put(
            IndexName="by_colour",
            KeyConditionExpression="colour = :red",
            ExpressionAttributeValues={":red": {"S": "red"}},
        ),
    ),
    ("get_item", put(Key=key("a", 2))),
]


def test_the_same_calls_get_the_same_answers(ours: Any, theirs: Any) -> None:
    for number, (operation, request) in enumerate(CALLS):
        expected = answer(theirs, operation, request)
        assert answer(ours, operation, request) == expected, (number, operation, request)


_NUMBERS = st.integers(-3, 3).map(lambda number: {"N": str(number)})
_TEXTS = st.sampled_from(["", "a", "ab", "b"]).map(lambda text: {"S": text})
_NAME = st.sampled_from(["x", "y", "z"])
_COMPARISON = st.tuples(
    _NAME, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.sampled_from([":v", ":w"])
)
_TERM = st.one_of(
    _COMPARISON.map(" ".join),
    _NAME.map(lambda name: f"attribute_exists({name})"),
    _NAME.map(lambda name: f"attribute_not_exists({name})"),
    _NAME.map(lambda name: f"{name} IN (:v, :w)"),
    _NAME.map(lambda name: f"NOT {name} = :v"),
)
_CONDITION = st.recursive(
    _TERM,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=4,
)


@given(data=st.data(), text=_CONDITION, kind=st.sampled_from([_NUMBERS, _TEXTS]))
def test_any_condition_holds_here_as_it_does_there(
    ours: Any, theirs: Any, data: st.DataObject, text: str, kind: st.SearchStrategy[dict[str, str]]
) -> None:
    stored = data.draw(st.dictionaries(_NAME, kind, max_size=3))
    values = {name: data.draw(kind) for name in (":v", ":w") if name in text}
    answers = []
    for client in (ours, theirs):
        client.put_item(TableName="things", Item=item("any", 1, **stored))
        request = put(Item=item("any", 1, **stored), ConditionExpression=text)
        if values:
            request["ExpressionAttributeValues"] = values
        answers.append(answer(client, "put_item", request))
    assert answers[0] == answers[1]


def test_an_item_is_never_touched_twice_by_a_transaction(ours: Any) -> None:
    twice = [{"Put": put(Item=item("twice", 1))}, {"Delete": put(Key=key("twice", 1))}]
    assert answer(ours, "transact_write_items", {"TransactItems": twice})[0] == "ValidationException"
    assert answer(ours, "get_item", put(Key=key("twice", 1))) == {}


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("get_item", {"TableName": "nothing", "Key": key("a", 1)}, "ResourceNotFoundException"),
        ("put_item", put(Item={"pk": {"S": "a"}}), "ValidationException"),
        ("list_backups", {}, "UnknownOperationException"),
        (
            "batch_get_item",
            {"RequestItems": {"things": {"Keys": [key("a", n) for n in range(101)]}}},
            "ValidationException",
        ),
        (
            "query",
            put(
                IndexName="by_size",
                KeyConditionExpression="size = :a",
                ExpressionAttributeValues={":a": {"S": "a"}},
            ),
            "ValidationException",
        ),
        (
            "update_item",
            put(
                Key=key("a", 1),
                UpdateExpression="SET colour = colour + :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            ),
            "ValidationException",
        ),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused(
    ours: Any, operation: str, request_: dict[str, Any], code: str
) -> None:
    assert answer(ours, operation, request_)[0] == code


@pytest.mark.parametrize(
    "text", ["a =", "a ~ :b", "(a = :b", "a = :b c", "length(a) = :b", "a[b] = :c", "status = :s", ""]
)
def test_a_condition_that_is_not_understood_says_so(text: str) -> None:
    with pytest.raises(ExpressionError):
        condition(text)


def test_an_update_that_is_not_understood_says_so() -> None:
    with pytest.raises(ExpressionError):
        update("PUT a = :b")


def test_nothing_is_left_in_the_way_of_later_clients() -> None:
    before = list(BUILTIN_HANDLERS)
    with intercepted(Engine()):
        assert before != BUILTIN_HANDLERS
    assert before == BUILTIN_HANDLERS
