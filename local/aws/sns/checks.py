"""What SNS does not take."""

import json
import re
from typing import Final

from local.aws.service import AwsError

NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")


def invalid_parameter(reason: str) -> AwsError:
    """A parameter that cannot be."""
    return AwsError("InvalidParameter", f"Invalid parameter: {reason}")


def check_filter(policy: str, scope: str | None) -> None:
    """Raises AwsError if it is no filter policy."""
    try:
        rules = json.loads(policy)
        if not isinstance(rules, dict):
            raise ValueError("it is no JSON object")
        for name, rule in rules.items():
            if not isinstance(rule, list) and not (isinstance(rule, dict) and scope == "MessageBody"):
                raise ValueError(f"{name} must be a list of what matches")
    except ValueError as error:
        raise invalid_parameter(f"FilterPolicy: {error}: {policy}") from None
