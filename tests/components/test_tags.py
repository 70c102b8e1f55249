"""Tags: one merge, required keys, AWS's character set."""

import pytest

from components.tags import REQUIRED_KEYS, DataClass, TagError, component_tags

BASE = {
    "Project": "blue-horizons",
    "Environment": "dev",
    "Market": "sg",
    "Owner": "platform",
    "CostCenter": "engineering",
}


def test_a_components_tags_hold_every_required_key_and_its_own() -> None:
    tags = component_tags(BASE, "telemetry", DataClass.PERSONAL, Shard="1")
    assert set(REQUIRED_KEYS) < set(tags)
    assert (tags["Component"], tags["DataClass"], tags["Shard"]) == ("telemetry", "personal", "1")


@pytest.mark.parametrize("key", BASE)
def test_a_missing_required_tag_is_named(key: str) -> None:
    base = {k: v for k, v in BASE.items() if k != key}
    with pytest.raises(TagError, match=f"'telemetry' lack {key}: add"):
        component_tags(base, "telemetry", DataClass.INTERNAL)


@pytest.mark.parametrize("value", ["", "x" * 257, "a;b", "a\nb"])
def test_a_value_that_aws_refuses_is_refused_with_its_key(value: str) -> None:
    with pytest.raises(TagError, match="tag Owner of 'telemetry'"):
        component_tags({**BASE, "Owner": value}, "telemetry", DataClass.INTERNAL)
