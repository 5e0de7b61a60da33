"""The HTTP client against a real server that speaks as a node does."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plexspaces.client import Client, HostError, TimeoutError


class Node(BaseHTTPRequestHandler):
    seen: list[dict[str, Any]] = []  # noqa: RUF012
    closed = threading.Event()

    def log_message(self, *_: Any) -> None: ...

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.seen.append(
            {"method": self.command, "path": self.path, "headers": self.headers, "body": body}
        )
        if "/stream/" in self.path:
            self._stream()
        elif self.path.endswith("/ask/slow"):
            time.sleep(0.5)
        elif self.path.endswith("/ask/refuse"):
            problem = {"title": "Not Found", "status": 404, "detail": "no account", "code": "NOT_FOUND",
                       "retryable": False, "details": {"id": 1}}  # fmt: skip
            self._reply(404, problem, "application/problem+json")
        elif self.path.endswith("/ask/late"):
            self._reply(504, {"detail": "late", "code": "DEADLINE_EXCEEDED", "retryable": True})
        elif self.path.endswith("/ask/broken"):
            self._reply(503, "<html>", "text/html")
        elif self.command == "DELETE":
            self.send_response(204)
            self.end_headers()
        else:
            self._reply(200, json.loads(body) if self.headers.get_content_type().endswith("json") and body else {"ok": True})

    do_GET = do_POST = do_DELETE = _answer

    def _reply(self, status: int, value: Any, kind: str = "application/json") -> None:
        data = value.encode() if kind == "text/html" else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b': hello\n\nid: 1\ndata: {"n":\ndata: 1}\n\ndata: {"$bytes":"AAE="}\n\n')
        self.wfile.flush()
        if "/stream/fails" in self.path:
            self.wfile.write(b'event: error\ndata: {"code":"FAILED_PRECONDITION","detail":"no"}\n\n')
        elif "/stream/endless" in self.path:
            try:
                while True:
                    self.wfile.write(b"data: 0\n\n" * 1000)
                    self.wfile.flush()
            except OSError:
                self.closed.set()
        else:
            self.wfile.write(b"event: end\ndata: {}\n\n")


@pytest.fixture
def client() -> Iterator[Client]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    server.daemon_threads = True
    Node.seen.clear()
    Node.closed.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Client(f"http://127.0.0.1:{server.server_port}/", token="t0", timeout=5)
    server.shutdown()
    server.server_close()


def test_asking_posts_the_payload(client: Client) -> None:
    assert client.ask("app/t/a b/c", "op", {"x": b"\x00\x01"}, 250, idempotency_key="k1") == {
        "x": b"\x00\x01"
    }
    request = Node.seen[0]
    assert request["path"] == "/api/v1/actors/app/t/a%20b%2Fc/ask/op?timeout_ms=250"
    assert request["body"] == b'{"x":{"$bytes":"AAE="}}'
    assert request["headers"]["Authorization"] == "Bearer t0"
    assert request["headers"]["Idempotency-Key"] == '"k1"'
    client.send("app/t/k", "op")
    assert (Node.seen[1]["path"], Node.seen[1]["body"]) == ("/api/v1/actors/app/t/k/send/op", b"{}")


def test_problems_become_errors(client: Client) -> None:
    with pytest.raises(HostError, match="no account") as e:
        client.ask("app/t/k", "refuse")
    assert (e.value.code, e.value.retryable, e.value.details) == ("NOT_FOUND", False, {"id": 1})
    with pytest.raises(TimeoutError):
        client.ask("app/t/k", "late")
    with pytest.raises(HostError, match="HTTP status 503: <html>"):
        client.ask("app/t/k", "broken")
    with pytest.raises(ValueError, match="'t/k' is no address"):
        client.ask("t/k", "op")


def test_what_does_not_answer(client: Client) -> None:
    hasty = Client(client.url, timeout=0.05)
    with pytest.raises(TimeoutError, match=r"did not answer within 0.05 s"):
        hasty.ask("app/t/k", "slow")
    for key, again in ((None, False), ("k1", True)):
        with pytest.raises(TimeoutError) as late:
            hasty.ask("app/t/k", "slow", idempotency_key=key)
        assert late.value.retryable is again
    with pytest.raises(HostError, match="cannot be reached") as e:
        Client("http://127.0.0.1:1").ask("app/t/k", "op")
    assert (e.value.code, e.value.retryable) == ("UNAVAILABLE", True)
    with pytest.raises(ValueError, match="no address of a node"):
        Client("localhost:8001")


def test_streams_are_read_as_they_come(client: Client) -> None:
    assert list(client.stream("app/t/k", "values", {"since": 1}, 900)) == [
        {"n": 1},
        b"\x00\x01",
    ]
    assert Node.seen[0]["path"] == "/api/v1/actors/app/t/k/stream/values?timeout_ms=900"
    assert Node.seen[0]["body"] == b'{"since":1}'
    with pytest.raises(HostError, match="no") as e:
        list(client.stream("app/t/k", "fails"))
    assert e.value.code == "FAILED_PRECONDITION"
    with client.stream("app/t/k", "endless") as values:
        assert next(values) == {"n": 1}
    assert Node.closed.wait(10)


STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = STREAM + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"


@pytest.fixture
def says() -> Iterator[Callable[[str], Client]]:
    """A server that answers one request with bytes, and closes the connection."""
    server = socket.create_server(("127.0.0.1", 0))
    threads = []

    def serve(answer: str) -> None:
        connection, _ = server.accept()
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            head, _, body = request.partition(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            while length is not None and len(body) < int(length[1]):
                body += connection.recv(65536)
            connection.sendall(answer.encode())

    def start(answer: str) -> Client:
        threads.append(threading.Thread(target=serve, args=(answer,), daemon=True))
        threads[-1].start()
        return Client(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=5)

    yield start
    for t in threads:
        t.join(5)
    server.close()


@pytest.mark.parametrize(
    "answer",
    [CHUNKED + "400\r\ndata: 2", CHUNKED + "0\r\n\r\n", STREAM + "\r\ndata: 1\n\n"],
    ids=["within a chunk", "after the last chunk", "closed"],
)
def test_a_stream_that_is_cut_is_no_complete_one(
    says: Callable[[str], Client], answer: str
) -> None:
    values = says(answer).stream("app/t/k", "values")
    assert next(values) == 1
    with pytest.raises(HostError, match="the connection ended before the stream did") as e:
        next(values)
    assert (e.value.code, e.value.retryable) == ("UNAVAILABLE", False)


def test_a_stream_that_was_closed_has_ended(client: Client) -> None:
    values = client.stream("app/t/k", "endless")
    assert next(values) == {"n": 1}
    values.close()
    assert list(values) == []


OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "gave no answer"),
        (OK + 'Content-Length: 9\r\n\r\n{"a"', "broke off"),
        (OK + 'Transfer-Encoding: chunked\r\n\r\n9\r\n{"a"', "broke off"),
        (OK.replace("200 OK", "404 No") + "Content-Length: 9\r\n\r\n{", "broke off"),
    ],
    ids=["none", "short", "within a chunk", "an error"],
)
def test_an_answer_that_breaks_off(
    says: Callable[[str], Client], answer: str, said: str
) -> None:
    calls = [
        (lambda c: c.ask("app/t/k", "op"), False),
        (lambda c: c.send("app/t/k", "op", idempotency_key="k1"), True),
        (lambda c: c.apps(), True),
    ]
    if "404" in answer:
        calls.append((lambda c: c.stream("app/t/k", "op"), False))
    for call, again in calls:
        with pytest.raises(HostError, match=said) as e:
            call(says(answer))
        assert (e.value.code, e.value.retryable) == ("UNAVAILABLE", again)


def test_an_answer_that_is_no_json(says: Callable[[str], Client]) -> None:
    with pytest.raises(HostError, match="what is no JSON") as e:
        says(OK + 'Content-Length: 4\r\n\r\n{"a"').ask("app/t/k", "op")
    assert e.value.code == "INTERNAL"


def test_apps(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(b"\x00asm\r\n")
    (tmp_path / "app-config.toml").write_text('name = "a"\n')
    client.deploy("a", tmp_path / "a.wasm", tmp_path / "app-config.toml", version="1.2.0")
    request = Node.seen[0]
    assert (request["method"], request["path"]) == ("POST", "/api/v1/apps")
    boundary = request["headers"].get_param("boundary")
    parts = request["body"].split(f"--{boundary}".encode())
    assert [p.split(b'name="')[1].split(b'"')[0] for p in parts[1:-1]] == [
        b"app", b"version", b"wasm", b"config"
    ]  # fmt: skip
    assert parts[3].split(b"\r\n\r\n", 1)[1] == b"\x00asm\r\n\r\n"
    client.deploy("a", b"x", 'name = "a"\nversion = "1"')
    assert b'name = "a"\nversion' in Node.seen[1]["body"]
    assert client.undeploy("a", purge=True) is None
    assert Node.seen[2]["path"] == "/api/v1/apps/a?purge=true"
    for call, path in (
        (client.apps, "/api/v1/apps"),
        (lambda: client.app("a"), "/api/v1/apps/a"),
        (lambda: client.status("a/t/k"), "/api/v1/actors/a/t/k/status"),
        (lambda: client.state("a/t/k"), "/api/v1/actors/a/t/k/state"),
    ):
        assert call() == {"ok": True}
        assert Node.seen[-1]["path"] == path
