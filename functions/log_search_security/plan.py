"""What the domain is told, as requests: roles, who has them, index template, retention.

https://docs.opensearch.org/latest/security/access-control/api/ and .../im-plugin/ism/api/
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

INDEXES: Final = "logs-*"
WRITER, READER = "log_writer", "log_reader"
DASHBOARDS_USER: Final = "opensearch_dashboards_user"  # OpenSearch's own: may use Dashboards at all
POLICY_PATH: Final = "_plugins/_ism/policies/logs"


class Wish(Struct, frozen=True):
    """The function's event. `endpoint` is a host name; `writers` and `readers` are ARNs of IAM roles."""

    endpoint: str
    writers: list[str]
    readers: list[str]
    index_days: int


class Put(Struct, frozen=True):
    """One PUT of a JSON document."""

    path: str
    document: dict[str, Any]


def wish(event: object) -> Wish:
    """The event, checked. Raises ValueError that says what is wrong with it."""
    made = msgspec.convert(event, Wish)
    if made.index_days < 1:
        raise ValueError(f"index_days is {made.index_days}: keep an index for 1 day or more")
    if not made.endpoint or "/" in made.endpoint:
        raise ValueError(f"endpoint is {made.endpoint!r}: a host name is expected")
    return made


def security(wanted: Wish) -> list[Put]:
    """Roles and who has them. A PUT replaces, so to say it again changes nothing.

    `all_access` is left alone: who replaces its users by mistake has locked everybody out.
    """
    return [
        _role(WRITER, ["cluster_composite_ops", "cluster_monitor"], ["crud", "create_index"]),
        _role(READER, ["cluster_composite_ops_ro"], ["read", "indices:admin/mappings/get"]),
        _mapping(WRITER, wanted.writers),
        _mapping(READER, wanted.readers),
        _mapping(DASHBOARDS_USER, wanted.readers),
    ]


def indexes() -> Put:
    """The template of each day's index: a copy in every zone, and the fields that people search by."""
    keyword = {"type": "keyword", "ignore_above": 1_024}
    fields = ("event_id", "account", "log_group", "log_stream", "level", "service", "function_request_id")
    template = {
        "settings": {"number_of_shards": 1, "number_of_replicas": 2},
        "mappings": {
            "dynamic": False,  # other fields are kept, not indexed
            "properties": {
                "@timestamp": {"type": "date"},
                "message": {"type": "text"},
                **dict.fromkeys((*fields, "xray_trace_id", "error", "status"), keyword),
            },
        },
    }
    return Put("_index_template/logs", {"index_patterns": [INDEXES], "template": template})


def retention(wanted: Wish) -> dict[str, Any]:
    """The policy by which an index is deleted when it is old."""
    old = {"state_name": "deleted", "conditions": {"min_index_age": f"{wanted.index_days}d"}}
    return {
        "policy": {
            "description": f"Logs are kept for {wanted.index_days} days",
            "default_state": "kept",
            "states": [
                {"name": "kept", "actions": [], "transitions": [old]},
                {"name": "deleted", "actions": [{"delete": {}}], "transitions": []},
            ],
            "ism_template": [{"index_patterns": [INDEXES], "priority": 100}],
        }
    }


def _role(name: str, cluster: Sequence[str], index: Sequence[str]) -> Put:
    permission = {"index_patterns": [INDEXES], "allowed_actions": list(index)}
    return Put(
        f"_plugins/_security/api/roles/{name}",
        {"cluster_permissions": list(cluster), "index_permissions": [permission]},
    )


def _mapping(role: str, arns: Sequence[str]) -> Put:
    return Put(f"_plugins/_security/api/rolesmapping/{role}", {"backend_roles": list(arns)})
