"""Roles and their policies: one role a service or function, each with exactly what it needs."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.tags import Tags

Statement = aws.iam.GetPolicyDocumentStatementArgs
Condition = aws.iam.GetPolicyDocumentStatementConditionArgs
Principal = aws.iam.GetPolicyDocumentStatementPrincipalArgs


def service_role(
    name: str,
    *,
    service: str,
    account_id: str,
    statements: Sequence[Statement],
    description: str,
    tags: Tags,
    parent: pulumi.Resource,
) -> aws.iam.Role:
    """A role that only `service` may assume, only for this account, with one inline policy.

    `aws:SourceAccount` keeps the service from being used by another account (the confused deputy:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html). Lambda does not send it when it
    assumes a function's role, so there the trust names the service alone.
    """
    conditions = [
        Condition(test="StringEquals", variable="aws:SourceAccount", values=[account_id]),
    ]
    trust = aws.iam.get_policy_document_output(
        statements=[
            Statement(
                actions=["sts:AssumeRole"],
                principals=[Principal(type="Service", identifiers=[service])],
                conditions=[] if service == "lambda.amazonaws.com" else conditions,
            )
        ]
    )
    role = aws.iam.Role(
        name,
        aws.iam.RoleArgs(description=description, assume_role_policy=trust.json, tags=tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.iam.RolePolicy(
        f"{name}-policy",
        aws.iam.RolePolicyArgs(
            role=role.name,
            policy=aws.iam.get_policy_document_output(statements=list(statements)).json,
        ),
        opts=pulumi.ResourceOptions(parent=role),
    )
    return role
