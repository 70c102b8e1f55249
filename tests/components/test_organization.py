"""The organisation: accounts, units, guard rails evaluated on requests, delegation, each market's bill."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, strategies as st

from components.governance import MemberAccount, Organization, OrganizationArgs
from components.governance.guard_rails import MAX_POLICY, GuardRailError, fences, regions
from components.markets import MARKETS, Environment, Market, Region
from components.tags import REQUIRED_KEYS
from tests.recording import ACCOUNT, Recording, record

TAGS = {"Project": "p", "Environment": "prod", "Market": "sg", "Owner": "o", "CostCenter": "c"}
POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
ACCOUNT_TYPE = "aws:organizations/account:Account"
SECURITY = "999988887777"
DEPLOY = "arn:aws:iam::111122223333:role/bluehorizons-prod-sg-github-deploy"
ADMIN = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"
SOMEBODY = "arn:aws:iam::111122223333:role/bluehorizons-prod-sg-rental-role"
ROOT = "arn:aws:iam::111122223333:root"


def member(stack: str, environment: Environment, market: Market) -> MemberAccount:
    facts = MARKETS[market]
    return MemberAccount(
        stack,
        environment,
        market,
        f"aws+{stack}@bluehorizons.example",
        {facts.primary, facts.telemetry_ingest, facts.standby},
    )


MEMBERS = (
    member("dev", Environment.DEV, Market.SINGAPORE),
    member("prod-id", Environment.PROD, Market.INDONESIA),
    member("prod-jp", Environment.PROD, Market.JAPAN),
)


def organize(**changes: Any) -> Recording:
    arguments: dict[str, Any] = {
        "accounts": MEMBERS,
        "management_account_id": ACCOUNT,
        "own_market": Market.SINGAPORE,
        "tags": TAGS,
        **changes,
    }
    return record(lambda: Organization("organization", OrganizationArgs(**arguments)))


@pytest.fixture(scope="module")
def organized() -> Recording:
    """The hub's organisation with a security account."""
    return organize(security_account_id=SECURITY)


# ---- guard rails, evaluated --------------------------------------------------------------------------------


def denied(
    policy: str, action: str, *, principal: str = SOMEBODY, region: str = "ap-southeast-1", **more: str
) -> bool:
    """Whether a service control policy denies a request."""
    context = {"aws:PrincipalArn": principal, "aws:RequestedRegion": region, **more}
    return any(
        _covers(statement, action)
        and all(
            _holds(operator, context.get(name), wanted)
            for operator, tests in statement.get("Condition", {}).items()
            for name, wanted in tests.items()
        )
        for statement in json.loads(policy)["Statement"]
    )


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    assert statement["Effect"] == "Deny"
    named = statement.get("NotAction", statement.get("Action"))
    patterns = [named] if isinstance(named, str) else named
    found = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
    return found is ("Action" in statement)


def _holds(operator: str, actual: str | None, wanted: str | list[str]) -> bool:
    values = [wanted] if isinstance(wanted, str) else wanted
    matches = actual is not None and any(fnmatchcase(actual, value) for value in values)
    match operator:
        case "StringEquals" | "StringLike":
            return matches
        case "StringNotEquals" | "ArnNotLike":
            return not matches
        case "BoolIfExists":
            return actual is None or matches
    raise AssertionError(operator)


@pytest.mark.parametrize(
    "action",
    ["organizations:LeaveOrganization", "account:CloseAccount"],
)
def test_no_account_leaves_whoever_asks(action: str) -> None:
    for principal in (SOMEBODY, DEPLOY, ADMIN, ROOT):
        assert denied(fences(), action, principal=principal)


@pytest.mark.parametrize(
    "action",
    [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "guardduty:DeleteDetector",
        "config:StopConfigurationRecorder",
        "access-analyzer:DeleteAnalyzer",
        "ec2:DisableEbsEncryptionByDefault",
        "s3:PutAccountPublicAccessBlock",
    ],
)
def test_nobody_but_a_deployment_touches_what_watches(action: str) -> None:
    assert denied(fences(), action)
    assert not denied(fences(), action, principal=DEPLOY)
    assert not denied(fences(), action, principal=ADMIN)


def test_the_root_user_does_nothing_but_in_sessions_of_the_management_account() -> None:
    assert denied(fences(), "s3:ListAllMyBuckets", principal=ROOT)
    assert not denied(fences(), "s3:DeleteBucketPolicy", principal=ROOT, **{"aws:AssumedRoot": "true"})
    assert not denied(fences(), "s3:ListAllMyBuckets")


def test_not_even_a_deployment_makes_identities_that_stay() -> None:
    for action in ("iam:CreateUser", "iam:CreateAccessKey"):
        assert denied(fences(), action, principal=DEPLOY)
        assert not denied(fences(), action, principal=ADMIN)


def test_daily_work_is_not_hindered() -> None:
    for action in ("dynamodb:PutItem", "iam:CreateRole", "cloudtrail:LookupEvents", "guardduty:GetFindings"):
        assert not denied(fences(), action)


@given(st.sampled_from(list(Market)), st.sampled_from(list(Region)))
def test_a_markets_data_is_in_its_own_regions_only(market: Market, region: Region) -> None:
    facts = MARKETS[market]
    own = {facts.primary, facts.telemetry_ingest, facts.standby}
    policy = regions(own)
    for action in (
        "dynamodb:CreateTable",
        "s3:CreateBucket",
        "lambda:CreateFunction",
        "kinesis:CreateStream",
    ):
        assert denied(policy, action, region=region) is (region not in own)
    assert not denied(policy, "iam:CreateRole", region=region)
    assert not denied(policy, "route53:ChangeResourceRecordSets", region=region)


def test_the_edge_keeps_its_certificates_and_web_acls_in_us_east_1() -> None:
    policy = regions({Region.JAKARTA})
    for action in (
        "acm:RequestCertificate",
        "wafv2:CreateWebACL",
        "cloudwatch:PutMetricAlarm",
        "kms:Decrypt",
    ):
        assert not denied(policy, action, region="us-east-1")
        assert denied(policy, action, region="eu-west-1")


def test_policies_fit_what_organizations_takes() -> None:
    for policy in (fences(), regions(set(Region))):
        assert len(policy) <= MAX_POLICY


def test_a_market_without_a_region_is_refused() -> None:
    with pytest.raises(GuardRailError, match="name its Regions"):
        regions({Region.NORTHERN_VIRGINIA})


# ---- accounts and units ------------------------------------------------------------------------------------


def test_each_stack_has_an_account_in_the_unit_of_its_environment(organized: Recording) -> None:
    units = {
        unit["name"]: f"{unit.name}-id"
        for unit in organized.all("aws:organizations/organizationalUnit:OrganizationalUnit")
    }
    assert set(units) == set(Environment)
    for account in MEMBERS:
        made = organized.one(ACCOUNT_TYPE, f"-{account.stack}")
        assert made["parentId"] == units[account.environment]
        assert made["email"] == account.email
        assert made["closeOnDeletion"] is False
        assert made["tags"]["Market"] == account.market


def test_the_fences_are_on_every_unit_and_the_regions_on_each_account(organized: Recording) -> None:
    policies = {policy.name.removeprefix("organization-"): policy for policy in organized.all(POLICY)}
    assert set(policies) == {"fences", "tags", *(f"regions-{account.stack}" for account in MEMBERS)}
    assert policies["fences"]["content"] == fences()
    attached: dict[str, set[str]] = {}
    for attachment in organized.all(ATTACHMENT):
        attached.setdefault(attachment["policyId"], set()).add(attachment["targetId"])
    assert attached[f"{policies['fences'].name}-id"] == {"organization-dev-id", "organization-prod-id"}
    for account in MEMBERS:
        policy = policies[f"regions-{account.stack}"]
        assert policy["content"] == regions(account.regions)
        assert attached[f"{policy.name}-id"] == {f"organization-{account.stack}-id"}


def test_all_features_and_policies_are_on_and_root_users_are_kept_centrally(organized: Recording) -> None:
    organization = organized.one("aws:organizations/organization:Organization")
    assert organization["featureSet"] == "ALL"
    assert set(organization["enabledPolicyTypes"]) == {"SERVICE_CONTROL_POLICY", "TAG_POLICY"}
    assert {"cloudtrail.amazonaws.com", "guardduty.amazonaws.com"} <= set(
        organization["awsServiceAccessPrincipals"]
    )
    features = organized.one("aws:iam/organizationsFeatures:OrganizationsFeatures")
    assert set(features["enabledFeatures"]) == {"RootCredentialsManagement", "RootSessions"}


def test_tags_are_written_alike_in_all_accounts(organized: Recording) -> None:
    content = json.loads(organized.one(POLICY, "-tags")["content"])["tags"]
    assert {tag["tag_key"]["@@assign"] for tag in content.values()} == set(REQUIRED_KEYS)
    assert content["market"]["tag_value"]["@@assign"] == [str(market) for market in Market]
    assert organized.one(POLICY, "-tags")["type"] == "TAG_POLICY"


def test_security_is_looked_after_from_an_account_of_its_own(organized: Recording) -> None:
    delegated = organized.all("aws:organizations/delegatedAdministrator:DelegatedAdministrator")
    assert {d["servicePrincipal"] for d in delegated} >= {
        "config.amazonaws.com",
        "access-analyzer.amazonaws.com",
    }
    assert {d["accountId"] for d in delegated} == {SECURITY}
    guardduty = organized.one("aws:guardduty/organizationAdminAccount:OrganizationAdminAccount")
    assert guardduty["adminAccountId"] == SECURITY


def test_without_a_security_account_nothing_is_delegated() -> None:
    stack = organize()
    assert not stack.all("aws:organizations/delegatedAdministrator:DelegatedAdministrator")
    assert not stack.all("aws:guardduty/organizationAdminAccount:OrganizationAdminAccount")


# ---- bills -------------------------------------------------------------------------------------------------


def test_each_market_has_its_bill_by_its_accounts(organized: Recording) -> None:
    category = organized.one("aws:costexplorer/costCategory:CostCategory")
    bills = {rule["value"]: rule["rule"]["dimension"]["values"] for rule in category["rules"]}
    assert bills == {
        "sg": [ACCOUNT, "organization-dev-id"],
        "id": ["organization-prod-id-id"],
        "jp": ["organization-prod-jp-id"],
    }
    assert category["defaultValue"] == "shared"


def test_costs_can_be_told_apart_by_every_agreed_tag(organized: Recording) -> None:
    tags = organized.all("aws:costexplorer/costAllocationTag:CostAllocationTag")
    assert {tag["tagKey"] for tag in tags} == set(REQUIRED_KEYS)
    assert {tag["status"] for tag in tags} == {"Active"}


# ---- guards ------------------------------------------------------------------------------------------------


def test_two_accounts_of_one_stack_or_address_are_refused() -> None:
    with pytest.raises(ValueError, match="stack dev of two accounts"):
        organize(accounts=[MEMBERS[0], MEMBERS[0]])


@pytest.mark.parametrize(
    ("email", "own_regions", "fault"),
    [("nobody", {Region.TOKYO}, "email of account x"), ("a@b.example", set(), "account x has no regions")],
)
def test_an_account_that_aws_would_not_make_is_refused(
    email: str, own_regions: set[Region], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        MemberAccount("x", Environment.PROD, Market.JAPAN, email, own_regions)
