"""Calls of mappings to the emulated AWS: JSON in, JSON out, and a read waits until there is something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

_TARGETS: Final = {
    "sqs": "AmazonSQS",
    "kinesis": "Kinesis_20131202",
    "dynamodb": "DynamoDBStreams_20120810",
}
_SLACK_SECONDS: Final = 15.0


class AwayError(Exception):
    """The emulated AWS does not answer: it may have been killed, and will be back."""


class RefusedError(Exception):
    """AWS refused the call: `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Connection:
    """To one service in one Region; for one thread."""

    def __init__(self, origin: str, service: str, region: str) -> None:
        self._address = urlsplit(origin).netloc
        self._service = service
        self._region = region
        self._connection: HTTPConnection | None = None

    def call(self, operation: str, params: Mapping[str, Any], wait_seconds: float = 0.0) -> dict[str, Any]:
        """The answer. Raises AwayError and RefusedError."""
        scope = f"Credential=local/20000101/{self._region}/{self._service}/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{_TARGETS[self._service]}.{operation}",
            "x-local-wait-seconds": str(wait_seconds),
        }
        try:
            if self._connection is None:
                self._connection = HTTPConnection(self._address, timeout=wait_seconds + _SLACK_SECONDS)
            self._connection.request("POST", "/", json.dumps(params), headers)
            answer = self._connection.getresponse()
            body = json.loads(answer.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise AwayError(str(error)) from error
        if answer.status >= 500:
            raise AwayError(f"it answered {answer.status}")
        if answer.status >= 400:
            raise RefusedError(str(body.get("__type", "")).rpartition("#")[2], str(body.get("message", "")))
        found: dict[str, Any] = body
        return found

    def close(self) -> None:
        """The next call opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
