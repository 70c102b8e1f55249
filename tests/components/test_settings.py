"""The stack configuration: what is accepted, what is refused and how, and the schema for editors."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, strategies as st

from components.markets import Environment, Market, stack_name
from components.settings import (
    NAMESPACE,
    ContainerPlatformKind,
    SettingsError,
    StackSettings,
    Writer,
    config_keys,
    config_schema,
    load_settings,
)
from components.stack_files import (
    ACCOUNT_KEY,
    DIRECT_CONNECT_KEY,
    StackFile,
    StackFileError,
    market_accounts,
    markets_on_direct_connect,
    read_stack_files,
)
from tests.stacks import ROOT, STACKS, stack_config

VALID = {
    "market": "sg",
    "environment": "dev",
    "accountId": "111122223333",
    "owner": "platform",
    "costCenter": "engineering",
    "alertEmail": "alerts@bluehorizons.example",
    "domain": "dev.bluehorizons.example",
}


def load(stack: str = "dev", **changes: str | None) -> StackSettings:
    config = {**VALID, **changes}
    return load_settings(config.get, stack)


def test_a_minimal_dev_stack_is_small_and_cheap() -> None:
    settings = load()
    assert (settings.fleet_size, settings.standby, settings.container_platform) == (
        50,
        False,
        ContainerPlatformKind.NONE,
    )


def test_a_minimal_prod_stack_is_resilient() -> None:
    settings = load("prod", environment="prod")
    assert settings.standby
    assert settings.fleet_size == 1_000
    assert settings.is_production


def test_what_the_stack_file_says_wins_over_the_environments_default() -> None:
    assert load(fleetSize="7", standby="true").fleet_size == 7
    assert load(fleetSize="7", standby="true").standby


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("market", "th"),
        ("environment", "staging"),
        ("accountId", "123"),
        ("fleetSize", "0"),
        ("fleetSize", "many"),
        ("telemetryIntervalSeconds", "0"),
        ("standby", "perhaps"),
        ("alertEmail", "nobody"),
        ("domain", "https://x"),
        ("containerPlatform", "k8s"),
        ("owner", "a;b"),
        ("budgetMonthlyUsd", "-1"),
    ],
)
def test_a_wrong_value_is_named_with_key_reason_and_what_is_allowed(key: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(**{key: value})
    message = str(error.value)
    assert f"{NAMESPACE}:{key} = {value!r}: " in message
    assert "allowed is " in message
    assert f"pulumi config set {NAMESPACE}:{key} " in message


@pytest.mark.parametrize("key", VALID)
def test_a_missing_required_key_is_named(key: str) -> None:
    with pytest.raises(SettingsError, match=f"{NAMESPACE}:{key} is not set"):
        load("dev", **{key: None})


def test_every_wrong_key_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        load(accountId="1", domain="?", owner=None)
    assert len(str(error.value).splitlines()) == 3


def test_a_stack_cannot_be_run_with_another_stacks_configuration() -> None:
    with pytest.raises(SettingsError, match=r"'prod-my' is configured as market 'sg'.*stack 'prod'"):
        load("prod-my", environment="prod")


def test_a_stack_cannot_be_run_in_another_stacks_account() -> None:
    with pytest.raises(SettingsError, match=r"'111122223333' of stack 'dev' is the account of 'prod' too"):
        load_settings(VALID.get, "dev", {name: StackFile(VALID["accountId"]) for name in ("dev", "prod")})
    own = {"dev": StackFile(VALID["accountId"]), "prod": StackFile("444455556666")}
    assert load_settings(VALID.get, "dev", own)


def test_what_stacks_know_of_each_other_is_read_from_their_files(tmp_path: Path) -> None:
    for stack, account in (("prod", "444455556666"), ("prod-my", "555566667777")):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f'config: {{"{ACCOUNT_KEY}": "{account}"}}')
    (tmp_path / "Pulumi.prod-jp.yaml").write_text(
        f'config: {{"{ACCOUNT_KEY}": "888899990000", "{DIRECT_CONNECT_KEY}": true}}'
    )
    files = read_stack_files(tmp_path)
    assert files["prod"] == StackFile("444455556666", direct_connect=False)
    assert market_accounts(Environment.PROD, files) == {
        Market.MALAYSIA: "555566667777",
        Market.JAPAN: "888899990000",
    }
    assert market_accounts(Environment.DEV, files) == {}
    assert markets_on_direct_connect(Environment.PROD, files, but="prod") == 1
    assert markets_on_direct_connect(Environment.PROD, files, but="prod-jp") == 0
    assert markets_on_direct_connect(Environment.DEV, files, but="dev") == 0


@pytest.mark.parametrize("text", ["config: {}", "config:", "", ": [", "config: {blue-horizons:market: my}"])
def test_a_stack_file_without_an_account_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.prod-my.yaml").write_text(text)
    with pytest.raises(StackFileError, match=r"Pulumi\.prod-my\.yaml.*--stack prod-my"):
        read_stack_files(tmp_path)


def test_each_stack_file_has_an_account_of_its_own() -> None:
    files = read_stack_files(ROOT)
    assert set(files) == set(STACKS)
    assert len({file.account_id for file in files.values()}) == len(files)


def test_every_market_has_a_prod_stack_and_the_home_market_a_dev_stack() -> None:
    assert set(STACKS) == {"dev"} | {stack_name(Environment.PROD, market) for market in Market}


def test_a_standby_that_does_not_exist_cannot_write() -> None:
    with pytest.raises(SettingsError, match="there is no standby Region; set standby to true first"):
        load(writer="standby")
    assert load(writer="standby", standby="true").writer is Writer.STANDBY


def test_a_depot_on_direct_connect_needs_the_router_of_its_backup() -> None:
    with pytest.raises(SettingsError, match="depotVpnAddress is not set: directConnect needs"):
        load(directConnect="true")
    assert load(directConnect="true", depotVpnAddress="203.0.113.7").direct_connect


def test_only_the_prod_hub_is_the_organisation() -> None:
    with pytest.raises(SettingsError, match="only stack prod is the organisation's; leave it out here"):
        load(organizationEmail="aws@bluehorizons.example")
    assert load("prod", environment="prod", organizationEmail="aws@bluehorizons.example").is_hub


def test_a_cluster_needs_somebody_who_may_enter_it() -> None:
    with pytest.raises(SettingsError, match="clusterAdminRole is not set: without it nobody could enter"):
        load(containerPlatform="eks")
    assert load(containerPlatform="eks", clusterAdminRole="arn:aws:iam::111122223333:role/platform")


def test_the_markets_name_is_below_the_environments_and_dev_has_networks_of_its_own() -> None:
    dev, prod = load(), load("prod", environment="prod")
    assert dev.market_domain == "sg.dev.bluehorizons.example"
    assert {str(dev.vpc_cidr), str(dev.standby_vpc_cidr)} == {"10.200.0.0/16", "10.220.0.0/16"}
    assert {str(prod.vpc_cidr), str(prod.standby_vpc_cidr)} == {"10.10.0.0/16", "10.30.0.0/16"}
    assert (prod.home_stack, dev.home_stack) == ("prod", "dev")


def test_only_the_home_market_has_a_dev_stack() -> None:
    with pytest.raises(SettingsError, match="market = 'my': environment dev exists in sg only"):
        load(market="my")


def test_a_fleet_that_the_region_cannot_take_is_a_configuration_error() -> None:
    with pytest.raises(SettingsError, match=r"quota is 2000/s; set telemetryIntervalSeconds to 50"):
        load("prod-my", environment="prod", market="my", fleetSize="100000", telemetryIntervalSeconds="1")


@given(st.sampled_from(config_keys()), st.text())
def test_no_value_of_any_key_does_anything_but_load_or_explain(key: str, value: str) -> None:
    try:
        settings = load(**{key: value})
    except SettingsError:
        return
    assert settings.stack == "dev"


@given(st.sampled_from(Market))
def test_the_stack_name_and_prefix_follow_from_market_and_environment(market: Market) -> None:
    name = "prod" if market is Market.SINGAPORE else f"prod-{market}"
    settings = load(name, environment=str(Environment.PROD), market=str(market))
    assert settings.stack == name
    assert settings.prefix == f"bluehorizons-prod-{market}"
    assert settings.is_hub is (market is Market.SINGAPORE)


def test_the_checked_in_schema_is_generated_from_the_settings() -> None:
    written = json.loads((ROOT / "docs" / "config.schema.json").read_text())
    assert written == config_schema(), "run `make schema`"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_fits_the_schema_and_loads(stack: str) -> None:
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    jsonschema.validate(document, config_schema())
    config = stack_config(stack)
    assert load_settings(lambda key: config.get(f"{NAMESPACE}:{key}"), stack).stack == stack


def test_the_schema_takes_a_secret_encrypted_and_never_in_plain() -> None:
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    document["config"]["blue-horizons:ticketWebhookKey"] = {"secure": "v1:abc"}
    jsonschema.validate(document, config_schema())
    document["config"]["blue-horizons:ticketWebhookKey"] = "hunter2"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, config_schema())


@pytest.mark.parametrize(
    "change",
    [
        {"blue-horizons:market": "th"},
        {"blue-horizons:fleetsize": 3},
        {"blue-horizons:fleetSize": 0},
        {"blue-horizons:accountId": 111122223333},
        {"pulumi:disable-default-providers": []},
    ],
)
def test_the_schema_refuses_what_the_settings_refuse(change: dict[str, Any]) -> None:
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    document["config"].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, config_schema())


def test_the_project_file_declares_only_keys_that_exist_and_every_required_one() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    required = {f.alias for f in StackSettings.model_fields.values() if f.is_required()}
    # A declared key without a default would be required of every stack file.
    undeclared = {"fleetSize", "activeRiders", "standby", "budgetMonthlyUsd"} | {
        field.alias for field in StackSettings.model_fields.values() if field.default is None
    }
    assert set(declared) == set(config_keys()) - undeclared
    assert {key for key, entry in declared.items() if "default" not in entry} == required - undeclared
