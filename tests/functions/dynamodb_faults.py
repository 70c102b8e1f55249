"""Faults as botocore raises them for DynamoDB: before a call has done anything, or after it has done all."""

from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


def client_error(code: str, operation: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]  # AWS's answers carry more than the stub knows


def raise_before(fault: str | None, operation: str, throttling: str = "ThrottlingException") -> None:
    """Raises what a call meets that then does nothing. `throttling`: which of DynamoDB's codes says so."""
    if fault == "throttled":
        raise client_error(throttling, operation)
    if fault == "broken_before":
        raise client_error("InternalServerError", operation)
    if fault == "timeout_before":
        raise ReadTimeoutError(endpoint_url="https://dynamodb")


def raise_after(fault: str | None, operation: str) -> None:
    """Raises what a call meets that was done: nobody hears of it."""
    if fault == "broken_after":
        raise client_error("InternalServerError", operation)
    if fault == "timeout_after":
        raise ReadTimeoutError(endpoint_url="https://dynamodb")
