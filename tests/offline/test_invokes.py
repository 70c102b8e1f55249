"""Provider functions: answered from the stack's own settings, from a file, or named as unanswered."""

import json
from pathlib import Path

import pytest

from offline.answers import load_answers
from offline.errors import UsageError
from offline.values import UNKNOWN, contains_secret
from tests.offline.projects import clean, errors, named, write

AWS = """
import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions
"""
STACK = "config:\n  aws:region: ap-southeast-1"


@pytest.fixture(autouse=True)
def _no_ambient_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_the_region_is_the_providers_then_the_stacks_then_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
    tokyo = aws.Provider("tokyo", region="ap-northeast-1")
    with_provider = pulumi.InvokeOutputOptions(provider=tokyo)
    pulumi.export("provider", aws.get_region_output(opts=with_provider).region)
    pulumi.export("argument", aws.get_region_output(region="eu-west-1", opts=with_provider).region)
    pulumi.export("stack", aws.get_region_output().region)
    """
    given = clean(write(tmp_path / "a", program, prelude=AWS, stack=STACK).preview())
    expected = {"provider": "ap-northeast-1", "argument": "eu-west-1", "stack": "ap-southeast-1"}
    assert given.graph.exports == expected
    monkeypatch.setenv("AWS_REGION", "us-east-2")
    ambient = clean(write(tmp_path / "b", program, prelude=AWS).preview())
    assert ambient.graph.exports == {**expected, "stack": "us-east-2"}


def test_a_parents_provider_serves_an_invoke(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            tokyo = aws.Provider("tokyo", region="ap-northeast-1")
            options = ResourceOptions(providers=[tokyo])
            group = pulumi.ComponentResource("demo:index:Group", "g", None, options)
            answer = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=group))
            pulumi.export("region", answer.region)
            """,
            prelude=AWS,
        ).preview()
    )
    assert result.graph.exports == {"region": "ap-northeast-1"}


def test_what_only_an_account_knows_is_taken_from_the_provider_or_assumed_and_said(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            one = aws.Provider("one", region="ap-northeast-1", allowed_account_ids=["111122223333"])
            options = pulumi.InvokeOptions(provider=one)
            pulumi.export("known", aws.get_caller_identity(opts=pulumi.InvokeOptions()).account_id)
            output = pulumi.InvokeOutputOptions(provider=one)
            pulumi.export("identity", aws.get_caller_identity_output(opts=output).account_id)
            pulumi.export("zones", aws.get_availability_zones_output(opts=output).names)
            pulumi.export("ids", aws.get_availability_zones_output().zone_ids)
            """,
            prelude=AWS,
            stack=STACK,
        ).preview()
    )
    assert result.graph.exports == {
        "known": "123456789012",
        "identity": "111122223333",
        "zones": ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"],
        "ids": ["apse1-az1", "apse1-az2", "apse1-az3"],
    }
    assert any("123456789012" in assumed for assumed in result.graph.assumptions)


def test_partition_service_principal_and_arn_are_answered_too(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            pulumi.export("partition", aws.get_partition().partition)
            china = pulumi.InvokeOptions(provider=aws.Provider("china", region="cn-north-1"))
            pulumi.export("suffix", aws.get_partition(opts=china).dns_suffix)
            pulumi.export("principal", aws.get_service_principal(service_name="s3").name)
            pulumi.export("resource", aws.get_arn(arn="arn:aws:s3:::bucket/key").resource)
            """,
            prelude=AWS,
            stack=STACK,
        ).preview()
    )
    assert result.graph.exports == {
        "partition": "aws",
        "suffix": "amazonaws.com.cn",
        "principal": "s3.amazonaws.com",
        "resource": "bucket/key",
    }


def test_a_policy_document_is_real_json_in_every_form_of_the_call(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            plain = aws.iam.get_policy_document(
                statements=[{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"]}])
            typed = aws.iam.get_policy_document_output(statements=[aws.iam.GetPolicyDocumentStatementArgs(
                actions=["s3:GetObject"], resources=[pulumi.Output.from_input("arn:aws:s3:::b/*")])])
            pulumi.export("plain", plain.json)
            pulumi.export("typed", typed.json)
            pulumi.export("short", typed.minified_json)
            """,
            prelude=AWS,
            stack=STACK,
        ).preview()
    )
    exports = result.graph.exports
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    assert json.loads(exports["plain"]) == {"Version": "2012-10-17", "Statement": [statement]}
    assert exports["typed"] == exports["plain"]
    assert json.loads(exports["short"]) == json.loads(exports["plain"])


def test_a_policy_document_of_unknown_or_secret_arguments_is_unknown_or_secret(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            def document(resource):
                return aws.iam.get_policy_document_output(
                    statements=[aws.iam.GetPolicyDocumentStatementArgs(actions=["a:b"], resources=[resource])]
                ).json

            key = aws.kms.Key("key")
            pulumi.export("unknown", document(key.arn))
            pulumi.export("secret", document(pulumi.Output.secret("arn:x")))
            aws.iam.Policy("policy", policy=document(key.arn))
            """,
            prelude=AWS,
            stack=STACK,
        ).preview()
    )
    assert result.graph.exports["unknown"] == UNKNOWN
    assert contains_secret(result.graph.exports["secret"])
    assert named(result, "policy").inputs["policy"] == UNKNOWN


def test_an_unanswered_invoke_is_unknown_and_named(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            'pulumi.export("id", aws.ec2.get_ami_output(owners=["amazon"]).id)',
            prelude=AWS,
            stack=STACK,
        ).preview()
    )
    assert result.graph.exports == {"id": UNKNOWN}
    assert result.document()["offline"]["unansweredInvokes"] == ["aws:ec2/getAmi:getAmi"]


def test_an_unanswered_invoke_that_is_needed_at_once_is_named_in_the_error(tmp_path: Path) -> None:
    result = write(tmp_path, 'aws.ec2.get_ami(owners=["amazon"])', prelude=AWS, stack=STACK).preview()
    assert "aws:ec2/getAmi:getAmi" in errors(result)
    assert "--answers" in errors(result)


def test_an_answer_file_answers_by_token_and_arguments(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        """
invokes:
  - token: aws:ec2/getAmi:getAmi
    args: {owners: [self]}
    result: {id: ami-self}
  - token: aws:ec2/getAmi:getAmi
    result: {id: ami-any}
  - token: aws:index/getRegion:getRegion
    result: {region: mars-1}
"""
    )
    result = clean(
        write(
            tmp_path / "p",
            """
            pulumi.export("self", aws.ec2.get_ami(owners=["self"], most_recent=True).id)
            pulumi.export("any", aws.ec2.get_ami(owners=["amazon"]).id)
            pulumi.export("region", aws.get_region().region)
            """,
            prelude=AWS,
            stack=STACK,
        ).preview(answers=answers)
    )
    assert result.graph.exports == {"self": "ami-self", "any": "ami-any", "region": "mars-1"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("invoke: []", "invoke"),
        ("invokes: [{token: a}]", "invoke 1"),
        ("invokes: [{result: {}}]", "invoke 1"),
        ("stacks: {a: [1]}", "'a'"),
    ],
)
def test_a_malformed_answer_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "answers.yaml").write_text(text)
    with pytest.raises(UsageError, match=reason):
        load_answers(tmp_path / "answers.yaml")


def test_a_method_of_a_remote_resource_is_unknown_and_named(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            answer = pulumi.runtime.call("demo:index:Thing/ask", {"a": 1})
            pulumi.export("answer", answer.apply(lambda value: value["x"]))
            """,
        ).preview()
    )
    assert result.graph.exports == {"answer": UNKNOWN}
    assert list(result.graph.unanswered) == ["demo:index:Thing/ask"]
