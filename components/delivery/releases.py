"""What delivery asks of components that know nothing of it: rules that all their children inherit.

`pulumi.ResourceOptions(transformations=releases.rules(region))` on a component reaches every child of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.lambda_function import LambdaFunction
from components.markets import Region

ALIAS = "aws:lambda/alias:Alias"
ROLE = "aws:iam/role:Role"
_MOVED_BY_CODEDEPLOY = ["functionVersion", "routingConfig"]

Rule = pulumi.ResourceTransformation


@dataclass
class Releases:
    """With `canaries` CodeDeploy moves the aliases, so no function may be left out of them: every one that
    inherits the rules is remembered. With a boundary every role has it.

    A remote component (awsx) makes its children elsewhere: the roles of those must be handed to it.
    """

    canaries: bool
    boundary_arn: pulumi.Input[str] | None = None
    _seen: dict[Region, dict[str, LambdaFunction]] = field(default_factory=dict)

    def rules(self, region: Region) -> list[Rule]:
        """For the options of components of a Region."""
        rules: list[Rule] = []
        if self.canaries:
            rules += [self._remember(region), _leave_aliases_to_codedeploy]
        if self.boundary_arn is not None:
            rules.append(_bound_by(self.boundary_arn))
        return rules

    def functions(self, region: Region) -> Mapping[str, LambdaFunction]:
        """The functions of a Region so far, by their resources' names."""
        return dict(self._seen.get(region, {}))

    def _remember(self, region: Region) -> Rule:
        def remember(args: pulumi.ResourceTransformationArgs) -> None:
            if isinstance(args.resource, LambdaFunction):
                self._seen.setdefault(region, {})[args.name] = args.resource

        return remember


def _leave_aliases_to_codedeploy(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """The version is set when an alias is made; after that an update would undo a canary, or skip it."""
    if args.type_ != ALIAS:
        return None
    more = pulumi.ResourceOptions(ignore_changes=_MOVED_BY_CODEDEPLOY)
    return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))


def _bound_by(boundary_arn: pulumi.Input[str]) -> Rule:
    def bound(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != ROLE or args.props.get("permissions_boundary") is not None:
            return None
        props = {**args.props, "permissions_boundary": boundary_arn}
        return pulumi.ResourceTransformationResult(props, args.opts)

    return bound
