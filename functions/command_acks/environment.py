"""What this function's environment has beyond that of every rental function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from rental_store.environment import required


@dataclass(frozen=True, slots=True)
class CommandEnvironment:
    """`iot_region`: where the cars connect."""

    iot_region: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        return cls(iot_region=required(variables, "IOT_REGION"))
