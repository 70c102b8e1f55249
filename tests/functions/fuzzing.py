"""Requests made up from an API's own document, good ones and bad ones: no answer is off the document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.functions.front import Front

CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Play = tuple[str, str, GenerationMode]


def plays(document: Mapping[str, Any], can_be_bad: Callable[[Mapping[str, Any]], bool]) -> Iterator[Play]:
    """Every operation with good requests, and with bad ones where a request can be bad."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, GenerationMode.POSITIVE
            if can_be_bad(operation):
                yield method, path, GenerationMode.NEGATIVE


def fuzzed(document: dict[str, Any]) -> Any:
    """The document for `play`, with no security scheme: tokens are the test's own."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = []
    return schemathesis.openapi.from_dict(document)


def play(
    api: Front,
    operation: Any,
    mode: GenerationMode,
    *,
    examples: int,
    callers: Sequence[str],
    known_ids: Callable[[], Mapping[str, str]],
) -> None:
    """Plays so many requests of an operation. `known_ids`: things that exist, so that not every made-up id
    leads nowhere."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        real=st.booleans(),
        caller=st.sampled_from(callers),
    )
    def send(case: Any, real: bool, caller: str) -> None:
        if real and mode is GenerationMode.POSITIVE:
            for part in (case.path_parameters, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in known_ids().items() if name in part})
        response = case.call(app=api.wsgi, headers={"Authorization": f"Bearer {caller}"})
        checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
        case.validate_response(response, checks=checks)

    send()
