"""IAM policy documents, as the AWS provider writes them."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from offline.engine_errors import EngineError
from offline.invokes import policy_document


def document(**args: object) -> Any:
    """The document of the arguments, parsed."""
    return json.loads(policy_document(args))


def test_one_value_is_a_string_and_several_are_a_list_in_descending_order() -> None:
    assert document(
        statements=[
            {"actions": ["s3:Get*"], "resources": ["b", "c", "a"]},
            {"effect": "Deny", "notActions": ["x:y", "x:z"], "notResources": ["*"]},
        ]
    ) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": ["c", "b", "a"]},
            {"Effect": "Deny", "NotAction": ["x:z", "x:y"], "NotResource": "*"},
        ],
    }


def test_principals_are_grouped_by_type_and_a_star_alone_is_a_star() -> None:
    principals = [
        {"type": "Service", "identifiers": ["lambda.amazonaws.com"]},
        {"type": "AWS", "identifiers": ["arn:b", "arn:a"]},
        {"type": "AWS", "identifiers": ["arn:c"]},
    ]
    star = [{"type": "*", "identifiers": ["*"]}]
    statements = document(statements=[{"principals": principals}, {"notPrincipals": star}])["Statement"]
    assert statements == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:b", "arn:a", "arn:c"], "Service": "lambda.amazonaws.com"},
        },
        {"Effect": "Allow", "NotPrincipal": "*"},
    ]


def test_conditions_of_one_test_and_variable_are_joined_and_keep_their_order() -> None:
    conditions = [
        {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["2", "1"]},
        {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["3"]},
        {"test": "ArnLike", "variable": "aws:SourceArn", "values": ["arn:&{aws:username}"]},
    ]
    (statement,) = document(statements=[{"sid": "A", "conditions": conditions}])["Statement"]
    assert statement == {
        "Sid": "A",
        "Effect": "Allow",
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:${aws:username}"},
            "StringEquals": {"aws:SourceAccount": ["2", "1", "3"]},
        },
    }


def test_documents_are_merged_from_sources_to_overrides_by_sid() -> None:
    def other(sid: str, action: str) -> str:
        return json.dumps({"Statement": {"Sid": sid, "Effect": "Allow", "Action": action}})

    merged = document(
        policyId="id",
        sourcePolicyDocuments=[other("a", "x:1"), other("b", "x:2")],
        statements=[{"sid": "b", "actions": ["x:3"]}, {"sid": "c", "actions": ["x:4"]}],
        overridePolicyDocuments=[other("c", "x:5")],
    )
    assert merged["Id"] == "id"
    actions = [(s["Sid"], s["Action"]) for s in merged["Statement"]]
    assert actions == [("a", "x:1"), ("b", "x:3"), ("c", "x:5")]


def test_what_the_provider_refuses_is_refused() -> None:
    with pytest.raises(EngineError, match="'a'"):
        document(statements=[{"sid": "a"}, {"sid": "a"}])
    with pytest.raises(EngineError, match="no JSON"):
        document(sourcePolicyDocuments=["{"])
    with pytest.raises(EngineError, match="variable"):
        document(version="2008-10-17", statements=[{"resources": ["&{aws:username}"]}])


words = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=5)
statements = st.lists(
    st.fixed_dictionaries(
        {"actions": st.lists(words, min_size=1)},
        optional={"effect": st.sampled_from(["Allow", "Deny"]), "resources": st.lists(words)},
    ),
    min_size=1,
)


@given(statements)
def test_no_action_or_resource_is_lost_or_invented(given_statements: list[dict[str, list[str]]]) -> None:
    def as_set(value: str | list[str]) -> set[str]:
        return {value} if isinstance(value, str) else set(value)

    written = json.loads(policy_document({"statements": given_statements}))["Statement"]
    assert len(written) == len(given_statements)
    for before, after in zip(given_statements, written, strict=True):
        assert as_set(after["Action"]) == set(before["actions"])
        assert as_set(after.get("Resource", [])) == set(before.get("resources", []))
        assert after["Effect"] == before.get("effect", "Allow")
