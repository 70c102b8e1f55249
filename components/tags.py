"""Tags: one vocabulary, one merge. Every taggable resource carries the required keys."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

REQUIRED_KEYS = ("Project", "Environment", "Market", "Component", "Owner", "CostCenter", "DataClass")
_VALUE = re.compile(r"[\w .:/=+\-@]{1,256}")

Tags = Mapping[str, str]


class DataClass(StrEnum):
    """How sensitive what a resource holds is."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    PERSONAL = "personal"


class TagError(ValueError):
    """A required tag is missing or a value is not one that AWS takes."""


def component_tags(base: Tags, component: str, data_class: DataClass, **more: str) -> Tags:
    """The tags of one component's resources: `base` of the stack, then the component's own.

    Raises TagError when a required key is missing or a value breaks AWS's character set
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html).
    """
    tags = {**base, "Component": component, "DataClass": str(data_class), **more}
    missing = [key for key in REQUIRED_KEYS if key not in tags]
    if missing:
        raise TagError(f"tags of {component!r} lack {', '.join(missing)}: add them to the stack's base tags")
    for key, value in tags.items():
        if not _VALUE.fullmatch(value):
            raise TagError(
                f"tag {key} of {component!r} is {value!r}: use 1 to 256 letters, digits, spaces or _.:/=+-@"
            )
    return MappingProxyType(tags)
