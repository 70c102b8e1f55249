"""What stacks must know of each other before anything is deployed, each from its own file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from components.markets import HOME_MARKET, Environment, Market, stack_name

ACCOUNT_KEY = "blue-horizons:accountId"
DIRECT_CONNECT_KEY = "blue-horizons:directConnect"


class StackFileError(ValueError):
    """A stack file cannot be read."""


@dataclass(frozen=True)
class StackFile:
    """What other stacks need of a stack's configuration."""

    account_id: str
    direct_connect: bool = False


def read_stack_files(folder: Path) -> dict[str, StackFile]:
    """Read every `Pulumi.<stack>.yaml` in the project's folder.

    Raises StackFileError that names the file when it is no stack file or has no account.
    """
    files: dict[str, StackFile] = {}
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        stack = path.name.split(".")[1]
        try:
            config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
            files[stack] = StackFile(str(config[ACCOUNT_KEY]), config.get(DIRECT_CONNECT_KEY) is True)
        except (yaml.YAMLError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise StackFileError(
                f"{path.name}: {ACCOUNT_KEY} cannot be read ({reason}); set it with: "
                f"pulumi config set {ACCOUNT_KEY} ACCOUNT --stack {stack}"
            ) from None
    return files


def market_accounts(environment: Environment, files: Mapping[str, StackFile]) -> dict[Market, str]:
    """The account of each market of the environment that has a stack file, but for the home market."""
    return {
        market: files[name].account_id
        for market in Market
        if market is not HOME_MARKET and (name := stack_name(environment, market)) in files
    }


def markets_on_direct_connect(environment: Environment, files: Mapping[str, StackFile], but: str) -> int:
    """How many markets of the environment, but for one stack, have depots on Direct Connect."""
    names = {stack_name(environment, market) for market in Market} - {but}
    return sum(file.direct_connect for name, file in files.items() if name in names)
