"""Values on the wire, URNs, and what a program imports: properties that hold for any input."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from offline.urns import Urn, make, package_of
from offline.values import (
    MASKED,
    OUTPUT,
    SIGNATURE,
    UNKNOWN,
    contains_secret,
    contains_unknown,
    downgrade,
    from_struct,
    mask,
    reveal,
    secret,
    to_struct,
)
from offline.warm import modules_of

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
plain = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


@given(st.dictionaries(names, plain))
def test_values_survive_the_wire_with_whole_numbers_whole(properties: dict[str, Any]) -> None:
    returned = from_struct(to_struct(properties))
    assert returned == properties
    assert json.dumps(returned) == json.dumps(properties, sort_keys=True)  # 1 is not 1.0, and in one order


@given(plain, plain)
def test_a_secret_is_found_masked_and_revealed_wherever_it_is(outside: Any, inside: Any) -> None:
    value = [outside, {"deep": [secret(inside)]}]
    assert contains_secret(value)
    assert mask(value) == [outside, {"deep": [MASKED]}]
    assert reveal(value) == [outside, {"deep": [inside]}]
    assert not contains_secret(reveal(value))
    assert secret(secret(inside)) == secret(inside)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"value": 1}, 1),
        ({}, UNKNOWN),
        ({"value": "x", "secret": True}, secret("x")),
        ({"secret": True}, secret(UNKNOWN)),
        ({"value": {"deep": {SIGNATURE: OUTPUT}}, "dependencies": ["urn"]}, {"deep": UNKNOWN}),
    ],
)
def test_an_output_becomes_what_it_holds(output: dict[str, Any], expected: Any) -> None:
    value = {"a": [{SIGNATURE: OUTPUT, **output}]}
    assert downgrade(value) == {"a": [expected]}
    assert contains_unknown(downgrade(value)) == (UNKNOWN in str(expected))


@given(names, names, st.lists(names, min_size=1, max_size=4), names)
def test_a_urn_is_read_back_as_it_was_made(stack: str, project: str, types: list[str], name: str) -> None:
    urn = ""
    for index, type_ in enumerate(types):
        urn = make(stack, project, urn, f"p:{type_}:T", f"{name}::{index}")
    parsed = Urn.parse(urn)
    assert str(parsed) == urn
    assert (parsed.stack, parsed.project) == (stack, project)
    assert parsed.qualified_type == "$".join(f"p:{type_}:T" for type_ in types)
    assert parsed.type == f"p:{types[-1]}:T"
    assert parsed.name == f"{name}::{len(types) - 1}"


@pytest.mark.parametrize("text", ["", "urn:pulumi:a::b::c", "arn:aws:s3:::x", "x urn:pulumi:a::b::c::d"])
def test_what_is_no_urn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a URN"):
        Urn.parse(text)


def test_a_package_is_that_of_the_type_or_of_the_provider() -> None:
    assert package_of("aws:s3/bucket:Bucket") == "aws"
    assert package_of("pulumi:providers:aws") == "aws"
    assert package_of("pulumi:pulumi:StackReference") == "pulumi"


def test_the_modules_that_a_program_uses_are_found_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\nfrom own.part import x\nimport json\nimport nosuch\n"
        "from pulumi_aws import sqs\naws.kms.Key\nraise AssertionError('must not run')\n"
    )
    (tmp_path / "own").mkdir()
    (tmp_path / "own/part.py").write_text("import pulumi_aws\nx = pulumi_aws.sns.Topic\n")
    (tmp_path / "own/broken.py").write_text("x = = 1")
    found = modules_of(tmp_path)
    assert {"pulumi_aws", "pulumi_aws.kms", "pulumi_aws.sns", "pulumi_aws.sqs", "json"} <= set(found)
    assert not [name for name in found if "own" in name or "nosuch" in name]
