"""The hub: zones and roles for every market that has a stack file, and nothing that another could use."""

import json

import pulumi
import pytest

from components.foundation import lay_foundations
from components.hub import Hub, HubArgs, external_id
from components.hub_reference import HubOutput
from components.markets import Market
from components.settings import NAMESPACE, load_settings
from tests.iam_evaluator import Request, allows, statements
from tests.recording import Recording, record
from tests.stacks import stack_config

ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
MALAYSIA, VIETNAM = "555566667777", "777788889999"
DOMAIN = "bluehorizons.example"


def hub(**changes: object) -> tuple[Recording, dict[HubOutput, object]]:
    outputs: dict[HubOutput, object] = {}

    def build() -> None:
        settings = load_settings(pulumi.Config(NAMESPACE).get, "prod")
        regions = lay_foundations(settings)
        args = {
            "primary": regions.primary,
            "edge": regions.edge,
            "domain": DOMAIN,
            "markets": {Market.MALAYSIA: MALAYSIA, Market.VIETNAM: VIETNAM},
            **changes,
        }
        made = Hub("hub", HubArgs(**args), opts=regions.options(regions.edge))  # type: ignore[arg-type]  # cases
        outputs.update(made.outputs)

    return record(build, stack="prod", config=stack_config("prod")), outputs


@pytest.fixture(scope="module")
def made() -> Recording:
    """A hub with two further markets."""
    return hub()[0]


def role_policy(made: Recording, market: Market) -> str:
    return str(made.one(ROLE_POLICY, f"-link-{market}-policy")["policy"])


@pytest.mark.parametrize(("market", "account"), [(Market.MALAYSIA, MALAYSIA), (Market.VIETNAM, VIETNAM)])
def test_only_the_markets_own_account_may_take_its_role_and_must_say_for_which_market(
    made: Recording, market: Market, account: str
) -> None:
    (trust,) = statements(made.one(ROLE, f"-link-{market}")["assumeRolePolicy"])
    assert trust["Action"] == ["sts:AssumeRole"]
    assert trust["Principal"] == {"AWS": [f"arn:aws:iam::{account}:root"]}
    expected = external_id("bluehorizons-prod-sg", market)
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": [expected]}}


def test_a_market_may_change_its_own_zone_and_no_other(made: Recording) -> None:
    zones = {zone["name"]: zone.arn for zone in made.all("aws:route53/zone:Zone")}
    assert set(zones) == {DOMAIN, *(f"{code}.{DOMAIN}" for code in ("sg", "my", "vn"))}
    types = "route53:ChangeResourceRecordSetsRecordTypes"
    names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"

    def may(market: Market, zone: str, name: str, type_: str = "A") -> bool:
        return allows(
            role_policy(made, market),
            Request("route53:ChangeResourceRecordSets", zones[zone], context={names: name, types: type_}),
        )

    assert may(Market.MALAYSIA, f"my.{DOMAIN}", f"api.my.{DOMAIN}")
    assert not may(Market.MALAYSIA, f"vn.{DOMAIN}", f"api.vn.{DOMAIN}")
    assert not may(Market.MALAYSIA, DOMAIN, f"vn.{DOMAIN}", "NS")
    assert may(Market.MALAYSIA, DOMAIN, f"api.{DOMAIN}")
    assert not may(Market.VIETNAM, DOMAIN, f"api.{DOMAIN}"), "Singapore's Region answers there"


def test_what_markets_read_is_exported_by_name() -> None:
    _, outputs = hub()
    assert set(outputs) == {
        HubOutput.DOMAIN,
        HubOutput.ROOT_ZONE_ID,
        HubOutput.MARKET_ZONE_IDS,
        HubOutput.MARKET_LINK_ROLE_ARNS,
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"markets": {Market.SINGAPORE: MALAYSIA}}, "markets holds sg, the hub's own market"),
        ({"markets": {Market.JAPAN: "444455556666"}}, "jp has the hub's own account 444455556666"),
        ({"on_direct_connect": 1}, "depots would reach nothing"),
    ],
)
def test_a_hub_that_cannot_be_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        hub(**changes)


def test_a_link_role_says_nothing_that_is_json_of_another_market(made: Recording) -> None:
    text = json.dumps(statements(role_policy(made, Market.MALAYSIA)))
    assert f"vn.{DOMAIN}" not in text
