"""What stacks must know of each other before anything is deployed: the account of each, from its own file."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from components.markets import HOME_MARKET, Environment, Market, stack_name

ACCOUNT_KEY = "blue-horizons:accountId"


class StackFileError(ValueError):
    """A stack file cannot be read."""


def accounts_by_stack(folder: Path) -> dict[str, str]:
    """Read the account of every stack that has a `Pulumi.<stack>.yaml` in the project's folder.

    Raises StackFileError that names the file when it is no stack file or has no account.
    """
    accounts: dict[str, str] = {}
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            accounts[path.name.split(".")[1]] = str(document["config"][ACCOUNT_KEY])
        except (yaml.YAMLError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise StackFileError(
                f"{path.name}: {ACCOUNT_KEY} cannot be read ({reason}); set it with: "
                f"pulumi config set {ACCOUNT_KEY} ACCOUNT --stack {path.name.split('.')[1]}"
            ) from None
    return accounts


def market_accounts(environment: Environment, accounts: Mapping[str, str]) -> dict[Market, str]:
    """The account of each market of the environment that has a stack file, but for the home market."""
    return {
        market: accounts[name]
        for market in Market
        if market is not HOME_MARKET and (name := stack_name(environment, market)) in accounts
    }
