"""The function's environment, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from rental_store.environment import SettingError, required


@dataclass(frozen=True, slots=True)
class WebhookEnvironment:
    """`host`, `path`: of the webhook, HTTPS. `secret_arn`: of the key that tickets are signed with."""

    host: str
    path: str
    secret_arn: str
    queue_url: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        url = urlsplit(required(variables, "WEBHOOK_URL"))
        if url.scheme != "https" or not url.hostname or url.username or url.fragment:
            raise SettingError(f"WEBHOOK_URL is {url.geturl()!r}: https://<host>/<path> is expected")
        path = url.path or "/"
        return cls(
            host=url.netloc,
            path=f"{path}?{url.query}" if url.query else path,
            secret_arn=required(variables, "WEBHOOK_SECRET_ARN"),
            queue_url=required(variables, "TICKET_QUEUE_URL"),
        )
