"""The organisation: one account a stack, units by environment, guard rails, and each market's bill.

Once in the world, from the hub's management account, by switch.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.governance.guard_rails import fences, regions
from components.markets import Environment, Market, Region
from components.tags import REQUIRED_KEYS, DataClass, Tags, component_tags

ROLE = "OrganizationAccountAccessRole"
SERVICES = (
    "access-analyzer.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "guardduty.amazonaws.com",
    "iam.amazonaws.com",
    "malware-protection.guardduty.amazonaws.com",
)
DELEGATED = (
    "access-analyzer.amazonaws.com",
    "config.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class MemberAccount:
    """The account of a stack; `regions` are all that its market uses. An e-mail is of one account only."""

    stack: str
    environment: Environment
    market: Market
    email: str
    regions: Collection[Region]

    def __post_init__(self) -> None:
        if not _EMAIL.fullmatch(self.email):
            raise ValueError(f"email of account {self.stack} is {self.email!r}: use an address of its own")
        if not self.regions:
            raise ValueError(f"account {self.stack} has no regions: name those of its market")


@dataclass(frozen=True)
class OrganizationArgs:
    """`security_account_id` is whom GuardDuty, Config, Access Analyzer and CloudTrail are delegated to.

    `own_market` is the management account's, which is no member: its bill is told apart all the same.
    """

    accounts: Sequence[MemberAccount]
    management_account_id: str
    own_market: Market
    tags: Tags
    security_account_id: str | None = None

    def __post_init__(self) -> None:
        for what in ("stack", "email"):
            values = [getattr(account, what) for account in self.accounts]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what} {', '.join(twice)} of two accounts: each has one of its own")


class Organization(pulumi.ComponentResource):
    """`organization_id` (o-...) is what a trail of the organisation needs."""

    organization_id: pulumi.Output[str]
    account_ids: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: OrganizationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:governance:Organization", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = component_tags(args.tags, "governance", DataClass.INTERNAL)
        organization = aws.organizations.Organization(
            f"{name}-organization",
            aws.organizations.OrganizationArgs(
                feature_set="ALL",
                aws_service_access_principals=list(SERVICES),
                enabled_policy_types=["SERVICE_CONTROL_POLICY", "TAG_POLICY"],
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        root_id = organization.roots.apply(lambda roots: str(roots[0].id))
        aws.iam.OrganizationsFeatures(
            f"{name}-root-users",
            # Members' root users have no password to lose; what only root can do is done from here.
            aws.iam.OrganizationsFeaturesArgs(enabled_features=["RootCredentialsManagement", "RootSessions"]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[organization]),
        )
        units = {
            environment: aws.organizations.OrganizationalUnit(
                f"{name}-{environment}",
                aws.organizations.OrganizationalUnitArgs(
                    parent_id=root_id, name=str(environment), tags=self._tags
                ),
                opts=self._child,
            )
            for environment in Environment
        }
        accounts = {account.stack: self._account(account, units) for account in args.accounts}
        self._policy("fences", "Nobody in a member account can do this", fences(), units)
        for account in args.accounts:
            self._policy(
                f"regions-{account.stack}",
                f"The Regions of {account.stack}",
                regions(account.regions),
                {account.stack: accounts[account.stack]},
            )
        self._policy("tags", "How keys of tags are written", tag_policy(), units, "TAG_POLICY")
        self._bills({stack: account.id for stack, account in accounts.items()})
        self._delegate(organization)
        self.organization_id = organization.id
        self.account_ids = {stack: account.id for stack, account in accounts.items()}
        self.register_outputs({"organizationId": self.organization_id, "accountIds": self.account_ids})

    def _account(
        self,
        account: MemberAccount,
        units: Mapping[Environment, aws.organizations.OrganizationalUnit],
    ) -> aws.organizations.Account:
        return aws.organizations.Account(
            f"{self._name}-{account.stack}",
            aws.organizations.AccountArgs(
                name=f"bluehorizons-{account.stack}",
                email=account.email,
                parent_id=units[account.environment].id,
                role_name=ROLE,
                close_on_deletion=False,
                tags={**self._tags, "Environment": str(account.environment), "Market": str(account.market)},
            ),
            # AWS tells neither of an account that is there already.
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, ignore_changes=["roleName", "iamUserAccessToBilling"]
            ),
        )

    def _policy(
        self,
        purpose: str,
        description: str,
        content: str,
        targets: Mapping[str, pulumi.CustomResource] | Mapping[Environment, pulumi.CustomResource],
        type_: str = "SERVICE_CONTROL_POLICY",
    ) -> None:
        policy = aws.organizations.Policy(
            f"{self._name}-{purpose}",
            aws.organizations.PolicyArgs(
                name=f"bluehorizons-{purpose}",
                description=description,
                type=type_,
                content=content,
                tags=self._tags,
            ),
            opts=self._child,
        )
        for target, resource in targets.items():
            aws.organizations.PolicyAttachment(
                f"{self._name}-{purpose}-on-{target}",
                aws.organizations.PolicyAttachmentArgs(policy_id=policy.id, target_id=resource.id),
                opts=pulumi.ResourceOptions(parent=policy),
            )

    def _bills(self, account_ids: Mapping[str, pulumi.Output[str]]) -> None:
        """What each market costs, by its accounts; and by the tags, which the payer has to switch on."""
        args = self._args
        markets: dict[Market, list[pulumi.Input[str]]] = {args.own_market: [args.management_account_id]}
        for account in args.accounts:
            markets.setdefault(account.market, []).append(account_ids[account.stack])
        rule = aws.costexplorer.CostCategoryRuleArgs
        aws.costexplorer.CostCategory(
            f"{self._name}-markets",
            aws.costexplorer.CostCategoryArgs(
                name="Market",
                rule_version="CostCategoryExpression.v1",
                default_value="shared",
                rules=[
                    rule(
                        value=str(market),
                        rule=aws.costexplorer.CostCategoryRuleRuleArgs(
                            dimension=aws.costexplorer.CostCategoryRuleRuleDimensionArgs(
                                key="LINKED_ACCOUNT", values=ids, match_options=["EQUALS"]
                            )
                        ),
                    )
                    for market, ids in markets.items()
                ],
                tags=self._tags,
            ),
            opts=self._child,
        )
        for key in REQUIRED_KEYS:
            aws.costexplorer.CostAllocationTag(
                f"{self._name}-by-{key.lower()}",
                aws.costexplorer.CostAllocationTagArgs(tag_key=key, status="Active"),
                opts=self._child,
            )

    def _delegate(self, organization: aws.organizations.Organization) -> None:
        """The management account does no daily work: security is looked after from an account of its own."""
        security = self._args.security_account_id
        if security is None:
            return
        waits = pulumi.ResourceOptions(parent=self, depends_on=[organization])
        for service in DELEGATED:
            aws.organizations.DelegatedAdministrator(
                f"{self._name}-{service.split('.')[0]}-administrator",
                aws.organizations.DelegatedAdministratorArgs(account_id=security, service_principal=service),
                opts=waits,
            )
        aws.guardduty.OrganizationAdminAccount(
            f"{self._name}-guardduty-administrator",
            aws.guardduty.OrganizationAdminAccountArgs(admin_account_id=security),
            opts=waits,
        )
        aws.cloudtrail.OrganizationDelegatedAdminAccount(
            f"{self._name}-cloudtrail-administrator",
            aws.cloudtrail.OrganizationDelegatedAdminAccountArgs(account_id=security),
            opts=waits,
        )


def tag_policy() -> str:
    """Keys are written as tags.py writes them, and a market or an environment is one that there is.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
    """
    values: dict[str, list[Market] | list[Environment]] = {
        "Market": list(Market),
        "Environment": list(Environment),
    }
    tags = {
        key.lower(): {
            "tag_key": {"@@assign": key},
            **({"tag_value": {"@@assign": [str(v) for v in values[key]]}} if key in values else {}),
        }
        for key in REQUIRED_KEYS
    }
    return json.dumps({"tags": tags}, sort_keys=True, separators=(",", ":"))
