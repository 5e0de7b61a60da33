"""What plexspaces.client does with a real node. Run by ClientsTest: client.py URL TOKEN WASM CONFIG"""

import sys
import threading

from plexspaces.client import Client, HostError, TimeoutError

url, token, wasm, config = sys.argv[1:]
client = Client(url, token)
APP = "clients-python"


def failure(call, kind=HostError):
    try:
        call()
    except kind as e:
        return e
    raise AssertionError("it did not fail")


def deploys_and_lists():
    assert failure(lambda: client.app(APP)).code == "NOT_FOUND"
    assert client.deploy(APP, wasm, config)["app"] == APP
    assert APP in str(client.apps())
    assert failure(lambda: client.deploy(APP, wasm, config)).code in ("ALREADY_EXISTS", "FAILED_PRECONDITION")


def asks_and_sends():
    probe = f"{APP}/probe/a"
    assert client.ask(probe, "add", {"a": 2**53, "b": 1}) == 2**53 + 1
    assert client.ask(probe, "echo", {"b": b"\x00\xff", "n": None, "u": "é😀"}) == {"b": b"\x00\xff", "n": None, "u": "é😀"}
    assert client.ask(probe, "get", {"key": "none"}) is None
    assert client.send(probe, "remember", {"value": 1})
    assert client.ask(probe, "remembered") == [1]
    assert client.state(probe)["remembered"] == [1]
    assert client.status(probe)


def keys_are_any_text():
    for key in ("ü 😀", "a/b?c#d&e=f%20", "..", ".", "../x", "x" * 300):
        actor = f"{APP}/probe/{key}"
        client.ask(actor, "set", {"key": "k", "value": key})
        assert client.ask(actor, "get", {"key": "k"}) == key, key


def errors_are_the_nodes():
    probe = f"{APP}/probe/errors"
    refused = failure(lambda: client.ask(probe, "fail", {"how": "business", "code": "ABORTED", "message": "no"}))
    assert (refused.code, refused.message, refused.retryable) == ("ABORTED", "no", True), refused
    final = failure(lambda: client.ask(probe, "fail", {"how": "business", "message": "no"}))
    assert (final.code, final.retryable) == ("FAILED_PRECONDITION", False)
    crash = failure(lambda: client.ask(probe, "fail", {"how": "crash"}))
    assert crash.code == "INTERNAL"
    wrong = failure(lambda: client.ask(probe, "typed", {"name": 1, "age": 2}))
    assert wrong.code == "INVALID_ARGUMENT" and '"name"' in wrong.message, wrong
    assert [f["path"] for f in wrong.details["fields"]] == ["name"], wrong.details
    assert failure(lambda: client.ask(probe, "nope")).code == "NOT_FOUND"
    failure(lambda: client.ask("no/address", "x"), ValueError)


def streams_come_value_by_value():
    probe = f"{APP}/probe/streams"
    assert list(client.stream(probe, "stream", {"n": 3})) == [{"i": 0}, {"i": 1}, {"i": 2}]
    values = client.stream(probe, "stream", {"n": 9, "fail_at": 1})
    assert next(values) == {"i": 0}
    failed = failure(lambda: next(values))
    assert (failed.code, failed.message) == ("FAILED_PRECONDITION", "failed at 1")
    with client.stream(probe, "stream", {"n": 10**6}) as values:
        assert next(values) == {"i": 0}
    wait_until(lambda: client.ask(probe, "get", {"key": "closed"}) is True)


def wait_until(true):
    for _ in range(200):
        if true():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come to be")


def a_key_makes_a_retry_the_same_request():
    probe = f"{APP}/probe/retries"
    key = 'retry "1" \\ of 1'
    for _ in range(2):
        client.send(probe, "remember", {"value": "once"}, idempotency_key="s1")
        wait_until(lambda: client.ask(probe, "remembered") == ["once"])
    first = client.ask(probe, "host", {"operation": "uuid"}, idempotency_key=key)
    assert client.ask(probe, "host", {"operation": "uuid"}, idempotency_key=key) == first
    assert client.ask(probe, "host", {"operation": "uuid"}) != first
    other = failure(lambda: client.ask(probe, "host", {"operation": "random"}, idempotency_key=key))
    assert other.code == "INVALID_ARGUMENT", other
    assert client.ask(probe, "remembered") == ["once"]


def waits_end():
    probe = f"{APP}/probe/slow"
    nap = {"operation": "sleep", "args": {"ms": 1500}}
    late = failure(lambda: client.ask(probe, "host", nap, timeout_ms=50), TimeoutError)
    assert late.code == "DEADLINE_EXCEEDED" and late.retryable
    patient = Client(url, token, timeout=0.2)
    assert failure(lambda: patient.ask(f"{APP}/probe/slower", "host", nap)).code == "DEADLINE_EXCEEDED"
    gone = failure(lambda: Client("http://127.0.0.1:1", token).apps())
    assert gone.code == "UNAVAILABLE" and gone.retryable


def tokens_are_needed():
    assert failure(lambda: Client(url).apps()).code == "UNAUTHENTICATED"
    assert failure(lambda: Client(url, "no.such.token").apps()).code == "UNAUTHENTICATED"


def undeploys():
    client.undeploy(APP, purge=True)
    assert failure(lambda: client.ask(f"{APP}/probe/a", "remembered")).code == "NOT_FOUND"


for check in (
    deploys_and_lists,
    asks_and_sends,
    keys_are_any_text,
    errors_are_the_nodes,
    streams_come_value_by_value,
    a_key_makes_a_retry_the_same_request,
    waits_end,
    tokens_are_needed,
    undeploys,
):
    check()
    print("ok", check.__name__)
