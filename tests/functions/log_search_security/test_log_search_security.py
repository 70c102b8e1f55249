"""What an OpenSearch domain is told: again and again to the same end, and every refusal is heard."""

from typing import Any, cast

import msgspec
import pytest
from botocore.session import Session

from log_search_security import handler as entry
from log_search_security.domain import RefusedError, SignedApi, apply
from log_search_security.plan import Wish, wish

WRITER = "arn:aws:iam::111122223333:role/firehose"
READER = "arn:aws:iam::111122223333:role/reader"
EVENT = {"endpoint": "vpc-logs.example", "writers": [WRITER], "readers": [READER], "index_days": 30}


class Domain:
    """Keeps what it is told, as OpenSearch does: a policy that is there wants its revision named."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Any]] = {}
        self.revision = 0
        self.refuses = ""

    def __call__(self, method: str, path: str, document: dict[str, Any] | None = None) -> tuple[int, bytes]:
        if self.refuses and path.startswith(self.refuses):
            return 403, b'{"message": "no permissions"}'
        bare, _, query = path.partition("?")
        if method == "GET":
            if bare not in self.told:
                return 404, b"{}"
            return 200, msgspec.json.encode({"_seq_no": self.revision, "_primary_term": 1})
        if bare.startswith("_plugins/_ism"):
            expected = f"if_seq_no={self.revision}&if_primary_term=1" if bare in self.told else ""
            if query != expected:
                return 409, b'{"error": "version conflict"}'
            self.revision += 1
        assert document is not None
        self.told[bare] = document
        return 201, b"{}"


def told(**changes: Any) -> dict[str, dict[str, Any]]:
    domain = Domain()
    apply(domain, wish({**EVENT, **changes}))
    return domain.told


def test_firehose_may_write_logs_and_nothing_else() -> None:
    domain = told()
    assert domain["_plugins/_security/api/rolesmapping/log_writer"] == {"backend_roles": [WRITER]}
    (permission,) = domain["_plugins/_security/api/roles/log_writer"]["index_permissions"]
    assert permission["index_patterns"] == ["logs-*"]
    assert set(permission["allowed_actions"]) == {"crud", "create_index"}


def test_readers_may_read_logs_and_use_dashboards() -> None:
    domain = told()
    for role in ("log_reader", "opensearch_dashboards_user"):
        assert domain[f"_plugins/_security/api/rolesmapping/{role}"] == {"backend_roles": [READER]}
    (permission,) = domain["_plugins/_security/api/roles/log_reader"]["index_permissions"]
    assert not {"crud", "write", "create_index"} & set(permission["allowed_actions"])


def test_the_all_powerful_role_is_left_alone() -> None:
    assert not [path for path in told() if "all_access" in path or "security_manager" in path]


def test_a_reader_who_left_is_no_reader_any_more() -> None:
    domain = Domain()
    apply(domain, wish(EVENT))
    apply(domain, wish({**EVENT, "readers": []}))
    assert domain.told["_plugins/_security/api/rolesmapping/log_reader"] == {"backend_roles": []}


def test_an_index_is_deleted_when_it_is_old_and_held_in_every_zone() -> None:
    domain = told(index_days=7)
    policy = domain["_plugins/_ism/policies/logs"]["policy"]
    kept, deleted = policy["states"]
    assert kept["transitions"] == [{"state_name": "deleted", "conditions": {"min_index_age": "7d"}}]
    assert deleted["actions"] == [{"delete": {}}]
    assert policy["ism_template"][0]["index_patterns"] == ["logs-*"]
    template = domain["_index_template/logs"]["template"]
    assert template["settings"]["number_of_replicas"] == 2
    assert template["mappings"]["dynamic"] is False


def test_telling_it_again_ends_the_same() -> None:
    domain = Domain()
    first = apply(domain, wish(EVENT))
    before = dict(domain.told)
    assert apply(domain, wish(EVENT)) == first
    assert domain.told == before


@pytest.mark.parametrize(
    "path", ["_plugins/_security/api/roles/", "_index_template/", "_plugins/_ism/policies/logs"]
)
def test_a_refusal_is_an_error_that_names_it(path: str) -> None:
    domain = Domain()
    domain.refuses = path
    with pytest.raises(RefusedError, match=f"{path}.*status 403.*no permissions"):
        apply(domain, wish(EVENT))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"index_days": 0}, "index_days is 0"),
        ({"endpoint": "https://x/"}, "endpoint is 'https://x/'"),
        ({"endpoint": ""}, "endpoint is ''"),
        ({"writers": "arn"}, "writers"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        wish({**EVENT, **changes})


class Answer:
    """What is used of botocore's response."""

    status_code, content = 200, b"{}"


def test_requests_are_signed_with_the_functions_role(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.set_credentials("AKIDEXAMPLE", "secret", "token")
    api = SignedApi(session, "vpc-logs.example", "ap-southeast-1")
    sent: list[Any] = []

    def send(request: Any) -> Answer:
        sent.append(request)
        return Answer()

    monkeypatch.setattr(api._http, "send", send)
    assert api("PUT", "_index_template/logs", {"a": 1}) == (200, b"{}")
    (request,) = sent
    assert request.url == "https://vpc-logs.example/_index_template/logs"
    authorization = request.headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    assert "AKIDEXAMPLE" in text
    assert "/ap-southeast-1/es/aws4_request" in text
    assert request.body == b'{"a":1}'


def test_without_credentials_nothing_is_sent() -> None:
    class Bare:
        def get_credentials(self) -> None:
            return None

    with pytest.raises(RefusedError, match="no credentials"):
        SignedApi(cast("Session", Bare()), "vpc-logs.example", "ap-southeast-1")


def test_the_entry_tells_the_domain_of_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = Domain()
    seen: list[str] = []

    def api(_session: object, endpoint: str, region: str) -> Domain:
        seen.append(f"{endpoint} {region}")
        return domain

    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-1")
    monkeypatch.setattr(entry, "SignedApi", api)
    assert entry.handler(EVENT, cast("Any", None)) == {"requests": 7}
    assert seen == ["vpc-logs.example ap-southeast-1"]
    assert entry.handler({}, cast("Any", None)) == {"requests": 0}


def test_a_wish_is_what_the_deployment_sends() -> None:
    assert wish(EVENT) == Wish("vpc-logs.example", [WRITER], [READER], 30)
