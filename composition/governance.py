"""What watches the account and its bill; from the prod hub, by switch, the organisation of all accounts."""

from collections.abc import Mapping

import pulumi

from components.backoffice import BackofficeSpa
from components.foundation import Regions
from components.governance import (
    Governance,
    GovernanceArgs,
    MemberAccount,
    Organization,
    OrganizationArgs,
    TrailScope,
)
from components.markets import GLOBAL_REGION, MARKETS, Environment, Market, stack_name
from components.settings import StackSettings
from components.stack_files import StackFile
from composition.rental import Rental


def govern(
    settings: StackSettings,
    regions: Regions,
    stacks: Mapping[str, StackFile],
    rental: Rental,
    pages: BackofficeSpa,
) -> None:
    """Create the guards of every Region of the stack, the trail and the bill's alarms."""
    organization = _organize(settings, regions, stacks)
    bases = [regions.primary, regions.ingest, *([regions.standby] if regions.standby else []), regions.edge]
    lakes = [pipeline.lake.bucket.arn for pipeline in rental.pipelines.values()]
    refused = [pipeline.processor.refused.arn for pipeline in rental.pipelines.values()]
    Governance(
        f"{settings.prefix}-guard",
        GovernanceArgs(
            regions=list({base.region: base for base in bases}.values()),
            providers=regions.providers,
            cost_provider=regions.provider(regions.edge),
            budget_monthly_usd=settings.budget_monthly_usd,
            email=settings.alert_email,
            trail=TrailScope.ORGANIZATION if organization else TrailScope.ACCOUNT,
            organization_id=organization.organization_id if organization else None,
            watched_bucket_arns=[*lakes, *refused, pages.bucket_arn],
        ),
        opts=regions.options(regions.primary),
    )


def _organize(
    settings: StackSettings, regions: Regions, stacks: Mapping[str, StackFile]
) -> Organization | None:
    if settings.organization_email is None:
        return None
    name, _, host = settings.organization_email.partition("@")
    members = [
        MemberAccount(
            stack=stack,
            environment=environment,
            market=market,
            email=f"{name}+{stack}@{host}",
            regions={row.primary, row.telemetry_ingest, row.standby, GLOBAL_REGION},
        )
        for environment in Environment
        for market, row in MARKETS.items()
        if (stack := stack_name(environment, market)) in stacks and stack != settings.stack
    ]
    organization = Organization(
        f"{settings.prefix}-organization",
        OrganizationArgs(
            accounts=members,
            management_account_id=settings.account_id,
            own_market=Market(settings.market),
            tags=settings.base_tags,
        ),
        opts=regions.options(regions.edge),
    )
    pulumi.export("organizationId", organization.organization_id)
    return organization
