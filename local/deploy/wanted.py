"""One resource as it is wanted here: its inputs in plain text, and its name, id and places made up."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offline.graph import Resource
from offline.values import ASSET, reveal, signature

_NAME_LENGTH: Final = 64  # the shortest limit of what is named by itself: roles and functions
_SHORTER: Final = {"aws:s3/bucket:Bucket": 63}


def digest(text: str, length: int) -> str:
    """`length` hex digits that are always the same for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@dataclass(frozen=True)
class Wanted(Mapping[str, Any]):
    """A resource and where it goes; as a mapping it is what templates of made-up values are filled from:
    the inputs, and over them `region`, `account`, `name`, `uuid` and `hex`.
    """

    resource: Resource
    inputs: Mapping[str, Any]
    region: str
    account: str

    @classmethod
    def of(cls, resource: Resource, settings: Mapping[str, Any], account: str, region: str) -> "Wanted":
        """`settings` are those of its provider; `account` and `region` hold where those say nothing."""
        inputs = reveal(resource.inputs)
        place = inputs.get("region") or settings.get("region") or region
        return cls(resource, inputs, str(place), account)

    @property
    def urn(self) -> str:
        """Its URN."""
        return self.resource.urn

    @property
    def type(self) -> str:
        """Its type token."""
        return self.resource.type

    @property
    def name(self) -> str:
        """Its name in AWS: the one given, or Pulumi's name and seven hex digits."""
        prefix = "bucket" if self.type == "aws:s3/bucket:Bucket" else "name"
        given = self.inputs.get(prefix) or self.inputs.get(self.long_name)
        if isinstance(given, str):
            return given
        seven = digest(self.urn, 7)
        start = str(self.inputs.get(f"{prefix}Prefix") or f"{self.resource.name}-")
        ending = ".fifo" if self.inputs.get("fifoQueue") or self.inputs.get("fifoTopic") else ""
        start = start[: _SHORTER.get(self.type, _NAME_LENGTH) - len(seven) - len(ending)]
        name = f"{start}{seven}{ending}"
        return name.lower() if self.type in _SHORTER else name

    @property
    def long_name(self) -> str:
        """How some types spell `name`: `analyzerName`."""
        return f"{self.type.partition('/')[2].partition(':')[0]}Name"

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - as the program gave it
        match key:
            case "region":
                return self.region
            case "account":
                return self.account
            case "name":
                return self.name
            case "uuid":
                return str(uuid.UUID(digest(self.urn, 32)))
            case "hex":
                return digest(self.urn, 64)
        return self.inputs[key]

    def __iter__(self) -> Iterator[str]:
        return iter({*self.inputs, "region", "account", "name", "uuid", "hex"})

    def __len__(self) -> int:
        return len(list(iter(self)))


def without_paths(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value to compare: an asset is what it holds, wherever its file lies."""
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if not isinstance(value, dict):
        return value
    if signature(value) == ASSET and "hash" in value:
        return {"hash": value["hash"]}
    return {key: without_paths(item) for key, item in value.items()}
