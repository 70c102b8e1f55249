"""All that people and apps open, on its ports, from a deployment."""

import http.client
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from local.folder import Folder
from local.front.serving import Serving
from local.web import MAX_BODY, Server
from tests.local.front.world import PAGE, REGION, FakeLambda, deployment, prepare


class Front:
    """The process of the front, and its Lambda."""

    def __init__(self, path: Path) -> None:
        self.functions = FakeLambda()
        self.lambda_api = Server(self.functions.app)
        self.lambda_api.start()
        self.folder = Folder(path / "dev")
        self.ports = prepare(self.folder, int(self.lambda_api.origin.rpartition(":")[2]))
        deployment().save(self.folder.deployment)
        site = path / "dist"
        site.mkdir()
        (site / "index.html").write_text("<!doctype html>")
        self.site = site
        self.serving = self.started()

    def started(self) -> Serving:
        serving = Serving(self.folder, site=self.site)
        serving.__enter__()
        return serving

    def again(self) -> None:
        self.serving.__exit__(None, None, None)
        self.serving = self.started()

    def stop(self) -> None:
        self.serving.__exit__(None, None, None)
        self.lambda_api.stop()

    def call(
        self, port: str, method: str, path: str, *, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", getattr(self.ports, port), timeout=10)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, urlencode(form) if form else None, sent)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        try:
            return answer.status, json.loads(told), answer.headers
        except ValueError:
            return answer.status, told.decode(), answer.headers

    def token(self, login: str, username: str) -> str:
        status, told, _ = self.call(login, "POST", "/tokens", form={"username": username})
        assert status == 200, told
        return f"Bearer {told['access_token']}"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    made = Front(tmp_path)
    yield made
    made.stop()


def test_a_new_rider_is_registered_by_the_pools_function_and_calls_the_rider_api(front: Front) -> None:
    token = front.token("rider_login", "mei@example.com")
    sources = [event["triggerSource"] for _, event in front.functions.calls]
    assert sources == ["PostConfirmation_ConfirmSignUp", "PostAuthentication_Authentication"]
    name, event = front.functions.calls[0]
    assert (name, event["userPoolId"], event["region"]) == ("rider-signup", f"{REGION}_riders", REGION)
    attributes = event["request"]["userAttributes"]
    assert (attributes["sub"], attributes["email"]) == (event["userName"], "mei@example.com")
    status, told, headers = front.call("rider_api", "GET", "/v1/stations", authorization=token)
    assert (status, told) == (200, {"by": "riders"})
    assert headers["x-amzn-RequestId"]
    claims = front.functions.calls[-1][1]["requestContext"]["authorizer"]["claims"]
    assert (claims["sub"], claims["token_use"]) == (event["userName"], "access")
    assert claims["iss"] == f"{front.ports.url('rider_login')}/{REGION}_riders"
    front.token("rider_login", "MEI@example.com")
    again = [event.get("triggerSource") for _, event in front.functions.calls]
    assert again.count("PostConfirmation_ConfirmSignUp") == 1


def test_a_function_that_refuses_fails_the_sign_up(front: Front) -> None:
    front.functions.fault = "the store is away"
    status, told, _ = front.call("rider_login", "POST", "/tokens", form={"username": "mei@example.com"})
    assert status == 502
    assert told["error_description"] == "PostConfirmation failed with error the store is away."
    front.functions.fault = None
    front.token("rider_login", "mei@example.com")
    assert front.functions.calls[-2][1]["triggerSource"] == "PostConfirmation_ConfirmSignUp"


def test_riders_and_staff_have_each_their_api_and_tokens_of_one_open_nothing_of_the_other(
    front: Front,
) -> None:
    rider, staff = front.token("rider_login", "mei@example.com"), front.token("staff_login", "amelia.tan")
    assert front.call("staff_api", "GET", "/v1/vehicles", authorization=staff)[1] == {"by": "staff"}
    assert front.call("staff_api", "GET", "/v1/vehicles", authorization=rider)[0] == 401
    assert front.call("rider_api", "GET", "/v1/stations", authorization=staff)[0] == 401
    assert front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[1] == {"by": "gbfs"}
    assert front.call("rider_api", "GET", "/v1/nothing", authorization=rider)[0] == 403


def test_nobody_signs_up_as_staff(front: Front) -> None:
    status, told, _ = front.call("staff_login", "POST", "/tokens", form={"username": "mallory"})
    assert (status, told["error"]) == (400, "invalid_request")
    assert "amelia.tan" in told["error_description"]


def test_another_web_page_gets_no_tokens(front: Front) -> None:
    form = {"username": "mei@example.com"}
    assert front.call("rider_login", "POST", "/tokens", form=form, origin="https://evil.example")[0] == 400


def test_sessions_outlive_the_process_and_its_file_is_its_owners(front: Front) -> None:
    token = front.token("rider_login", "mei@example.com")
    front.again()
    assert front.call("rider_api", "GET", "/v1/stations", authorization=token)[0] == 200
    keys = front.call("rider_login", "GET", f"/{REGION}_riders/.well-known/jwks.json")[1]["keys"]
    assert len(keys) == 1
    files = list(front.folder.path.glob("*.sqlite*"))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_back_office_is_told_where_its_api_and_login_are_here(front: Front) -> None:
    config = front.call("backoffice", "GET", "/config.json")[1]
    assert config["apiBaseUrl"] == front.ports.url("staff_api")
    assert config["login"]["url"] == front.ports.url("staff_login")
    assert config["login"]["issuer"] == f"{front.ports.url('staff_login')}/{REGION}_staff"
    assert (config["market"], config["login"]["clientId"]) == ("sg", "staff-client")
    _, _, headers = front.call("staff_api", "OPTIONS", "/v1/vehicles", origin=PAGE)
    assert headers["Access-Control-Allow-Origin"] == front.ports.url("backoffice")


def test_a_changed_deployment_is_taken_up_and_counts_go_on(front: Front) -> None:
    assert front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[0] == 200
    deployment(burst=1).save(front.folder.deployment)
    front.serving.look()
    statuses = [front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[0] for _ in range(2)]
    assert statuses == [200, 429]
    told = front.call("rider_login", "GET", "/_local/status")[1]["apis"]
    assert told["rider"] == {"requests": 3, "4xx": 1, "5xx": 0, "throttled": 1}
    assert told["staff"] == {"requests": 0, "4xx": 0, "5xx": 0, "throttled": 0}


def test_a_wrong_deployment_leaves_what_is_served(front: Front) -> None:
    front.folder.deployment.write_text("{")
    front.serving.look()
    assert front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[0] == 200


def test_without_a_deployment_it_says_so(front: Front) -> None:
    front.folder.deployment.unlink()
    front.again()
    status, told, _ = front.call("rider_api", "GET", "/gbfs/3/gbfs.json")
    assert (status, told) == (503, "nothing is deployed yet\n")


def test_a_lambda_that_is_away_is_a_503_and_one_that_is_back_is_found(front: Front) -> None:
    port = front.ports.functions
    assert front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[0] == 200
    front.lambda_api.stop()
    status, told, _ = front.call("rider_api", "GET", "/gbfs/3/gbfs.json")
    assert (status, told["title"]) == (503, "The functions are away: try again in a moment")
    front.lambda_api = Server(front.functions.app, port=port)
    front.lambda_api.start()
    assert front.call("rider_api", "GET", "/gbfs/3/gbfs.json")[0] == 200


def test_a_body_above_ten_megabytes_is_refused_in_the_apis_words(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.ports.rider_api, timeout=10)
    connection.putrequest("POST", "/v1/bookings")
    connection.putheader("Content-Length", str(MAX_BODY + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (413, 413)
    connection.close()


def test_the_riders_page_reaches_the_rider_api_from_its_own_origin(front: Front) -> None:
    status, page, headers = front.call("rider_login", "GET", "/app")
    assert (status, "<!doctype html>" in page) == (200, True)
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    for path in ("/app/app.js", "/app/api.js", "/app/app.css"):
        assert front.call("rider_login", "GET", path)[0] == 200
    assert front.call("rider_login", "GET", "/app/../secret")[0] == 404
    assert front.call("rider_login", "GET", "/app/config.json")[1]["clientId"] == "rider-client"
    token = front.token("rider_login", "mei@example.com")
    assert front.call("rider_login", "GET", "/app/api/v1/stations", authorization=token)[0] == 200
    assert front.call("rider_login", "GET", "/app/api/v1/stations")[0] == 401


def test_a_licence_that_a_rider_shows_is_verified_by_the_staff_api(front: Front) -> None:
    assert front.call("rider_login", "POST", "/app/licence")[0] == 401
    assert front.call("rider_login", "POST", "/app/licence", authorization="Bearer a.b.c")[0] == 401
    token = front.token("rider_login", "mei@example.com")
    assert front.call("rider_login", "POST", "/app/licence", authorization=token)[0] == 200
    name, event = front.functions.calls[-1]
    claims = event["requestContext"]["authorizer"]["claims"]
    assert (name, event["pathParameters"]["riderId"]) == ("staff", front.functions.calls[0][1]["userName"])
    assert (claims["username"], json.loads(event["body"])["verified"]) == ("jonas.weber", True)
