"""What delivery asks of resources that know nothing of it: rules that a component's children inherit.

`pulumi.ResourceOptions(transformations=release_rules(...))` on a component reaches every child of it.
"""

import pulumi

ALIAS = "aws:lambda/alias:Alias"
ROLE = "aws:iam/role:Role"
_MOVED_BY_CODEDEPLOY = ["functionVersion", "routingConfig"]


def release_rules(
    *, canaries: bool, boundary_arn: pulumi.Input[str] | None
) -> list[pulumi.ResourceTransformation]:
    """Where there are canaries CodeDeploy moves the aliases; with a boundary every role has it.

    A remote component (awsx) makes its children elsewhere: the roles of those must be handed to it.
    """
    rules: list[pulumi.ResourceTransformation] = []
    if canaries:
        rules.append(_leave_aliases_to_codedeploy)
    if boundary_arn is not None:
        rules.append(_bound_by(boundary_arn))
    return rules


def _leave_aliases_to_codedeploy(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """The version is set when an alias is made; after that an update would undo a canary, or skip it."""
    if args.type_ != ALIAS:
        return None
    more = pulumi.ResourceOptions(ignore_changes=_MOVED_BY_CODEDEPLOY)
    return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))


def _bound_by(boundary_arn: pulumi.Input[str]) -> pulumi.ResourceTransformation:
    def bound(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != ROLE or args.props.get("permissions_boundary") is not None:
            return None
        props = {**args.props, "permissions_boundary": boundary_arn}
        return pulumi.ResourceTransformationResult(props, args.opts)

    return bound
