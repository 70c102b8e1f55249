"""Reading properties: one access at a time, never an exception."""

from __future__ import annotations

import pytest

from guardrails.core.peek import MISSING, UNKNOWN, elements, peek, places, text_of, top_level
from tests.policy import shapes


def test_a_value_is_given_back_as_it_is() -> None:
    assert peek(shapes.wrapped({"a": "b"}), "a") == "b"


def test_an_unknown_value_is_unknown_wherever_it_stands() -> None:
    props = shapes.wrapped({"a": shapes.UNKNOWN, "b": {"c": [shapes.UNKNOWN]}})
    assert peek(props, "a") is UNKNOWN
    assert list(places(props, "b.c[]")) == [("b.c[0]", UNKNOWN)]
    assert list(places(props, "a.b[].c")) == [("a.b[].c", UNKNOWN)]


@pytest.mark.parametrize("props", [{}, {"a": None}, {"b": 1}])
def test_absent_and_null_are_missing(props: dict[str, object]) -> None:
    assert peek(shapes.wrapped(props), "a") is MISSING


@pytest.mark.parametrize("container", ["text", 3.0, None, True, object(), [1]])
def test_what_is_no_block_has_no_keys(container: object) -> None:
    assert peek(container, "a") is MISSING


def test_a_list_fans_out_and_each_place_has_its_index() -> None:
    props = shapes.wrapped({"replicas": [{"key": "k"}, {}, {"key": shapes.UNKNOWN}]})
    assert list(places(props, "replicas[].key")) == [
        ("replicas[0].key", "k"),
        ("replicas[1].key", MISSING),
        ("replicas[2].key", UNKNOWN),
    ]


def test_an_empty_list_has_no_places_and_an_absent_one_is_missing() -> None:
    assert list(places(shapes.wrapped({"replicas": []}), "replicas[].key")) == []
    assert list(places(shapes.wrapped({}), "replicas[].key")) == [("replicas[].key", MISSING)]


def test_a_block_in_place_of_a_list_counts_as_its_only_element() -> None:
    assert list(places(shapes.wrapped({"rules": {"key": "k"}}), "rules[].key")) == [("rules.key", "k")]


def test_text_is_no_list() -> None:
    assert elements("text") == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), ("True", "true"), ("KMS", "KMS"), (1.0, ""), ([], "")],
)
def test_booleans_and_their_texts_read_alike(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("path", ["replicas[1].kmsKeyArn", "replicas", "replicas[]", "replicas.a.b"])
def test_every_path_starts_at_a_top_level_property(path: str) -> None:
    assert top_level(path) == "replicas"
