"""HTTP on a port of one's own machine."""

import http.client
from collections.abc import Iterator

import pytest

from local.web import MAX_BODY, Request, Response, Server


def echo(request: Request) -> Response:
    if request.path == "/fault":
        raise ZeroDivisionError
    told = f"{request.method} {request.path} {request.parameters()} {request.cookies()} {request.form()}"
    return Response(headers=[("X-Twice", "1"), ("X-Twice", "2")], body=told.encode())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(echo) as running:
        yield running


def connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.origin.removeprefix("http://"), timeout=5)


def test_requests_follow_each_other_on_one_connection(server: Server) -> None:
    client = connection(server)
    client.request("POST", "/a%20b?x=1&x=2&y=", b"z=%C3%A9", {"Cookie": "c=d; e=f"})
    answer = client.getresponse()
    assert answer.read().decode() == "POST /a b {'x': '2', 'y': ''} {'c': 'd', 'e': 'f'} {'z': '\u00e9'}"
    assert answer.headers.get_all("X-Twice") == ["1", "2"]
    client.request("HEAD", "/")
    assert (client.getresponse().read(), client.sock is not None) == (b"", True)
    client.close()


def test_a_fault_of_the_app_is_an_answer_and_not_the_end(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    client = connection(server)
    client.request("GET", "/fault")
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (500, b"")
    client.request("GET", "/")
    assert client.getresponse().status == 200
    client.close()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_body_that_is_too_large_is_not_read(server: Server) -> None:
    client = connection(server)
    client.putrequest("POST", "/")
    client.putheader("Content-Length", str(MAX_BODY + 1))
    client.endheaders()
    assert client.getresponse().status == 413
    client.close()


def test_who_stops_is_gone_and_its_port_is_free_again() -> None:
    first = Server(echo)
    first.start()
    port = int(first.origin.rpartition(":")[2])
    client = connection(first)
    client.request("GET", "/")
    client.getresponse().read()
    first.stop()
    assert is_gone(client)
    with Server(echo, port=port) as second:
        assert second.origin == first.origin
    client.close()


def is_gone(client: http.client.HTTPConnection) -> bool:
    try:
        for _ in range(2):  # the first may still get through
            client.request("GET", "/")
            client.getresponse().read()
    except (ConnectionError, http.client.HTTPException):
        return True
    return False
