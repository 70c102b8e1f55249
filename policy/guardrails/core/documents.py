"""IAM policy documents: JSON text or plain blocks, read without ever raising.

Every field may be one value or a list, and AWS takes `Principal: "*"` and `{"AWS": "*"}` for the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .peek import MISSING, UNKNOWN, Absent, elements, is_list, peek

VALID_DOCUMENT = "Write it with aws.iam.get_policy_document_output, which makes a valid one"


@dataclass(frozen=True)
class Statement:
    """One statement: `index` is its place in the document, `block` what it says."""

    index: int
    block: object

    @property
    def path(self) -> str:
        """Where it is, to be put after the property: `Statement[0]`."""
        return f"Statement[{self.index}]"

    @property
    def allows(self) -> bool:
        """Whether it allows; what does not say `Deny` is read as allowing."""
        return peek(self.block, "Effect") != "Deny"

    def texts(self, name: str) -> list[str]:
        """The known texts of a field that may be one or a list."""
        return [value for value in self.values(name) if isinstance(value, str)]

    def values(self, name: str) -> list[object]:
        """The values of a field that may be one or a list, unknown ones as `UNKNOWN`; none when absent."""
        value = peek(self.block, name)
        if value is MISSING:
            return []
        return elements(value) if is_list(value) else [value]

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return peek(self.block, name) is not MISSING

    def principals(self) -> Iterator[tuple[str, object]]:
        """Each principal with its kind (`AWS`, `Service`, `Federated`...); a bare `"*"` is of kind `AWS`."""
        principal = peek(self.block, "Principal")
        if isinstance(principal, Mapping):
            for kind in principal:
                value = peek(principal, kind)
                for name in elements(value) if is_list(value) else [value]:
                    yield str(kind), name
        elif principal is not MISSING:
            for name in elements(principal) if is_list(principal) else [principal]:
                yield "AWS", name

    @property
    def is_for_anyone(self) -> bool:
        """Whether a principal is, or holds, a wildcard; so is `NotPrincipal`: all but some."""
        if self.has("NotPrincipal"):
            return True
        return any(isinstance(name, str) and "*" in name for _, name in self.principals())

    def conditions(self) -> Iterator[tuple[str, str, list[object]]]:
        """Each condition: operator, key in lower case, values; an unknown block gives one of `UNKNOWN`."""
        operators = peek(self.block, "Condition")
        if operators is UNKNOWN:
            yield "", "", [UNKNOWN]
        if not isinstance(operators, Mapping):
            return
        for operator in operators:
            keys = peek(operators, operator)
            if keys is UNKNOWN:
                yield str(operator), "", [UNKNOWN]
            for key in keys if isinstance(keys, Mapping) else ():
                value = peek(keys, key)
                yield str(operator), str(key).lower(), elements(value) if is_list(value) else [value]


def statements(policy: object) -> list[Statement] | None:
    """The statements of a document; `None` when it is no policy document."""
    document = parsed(policy)
    found = peek(document, "Statement")
    if not isinstance(document, Mapping) or isinstance(found, Absent):
        return None
    return [
        Statement(index, block) for index, block in enumerate(elements(found) if is_list(found) else [found])
    ]


def parsed(policy: object) -> object:
    """The document as blocks; `None` for text that is no JSON."""
    if not isinstance(policy, str):
        return policy
    try:
        return json.loads(policy)
    except (ValueError, RecursionError):
        return None
