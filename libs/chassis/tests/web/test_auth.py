"""Tests of the issuer's keys: fetching, aging, and an issuer that does not answer."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from httpx import ASGITransport, AsyncClient
from jwt.algorithms import ECAlgorithm

from chassis.composition.app import create_app
from chassis.foundation.refusals import Unauthenticated, Unavailable
from chassis.foundation.settings import Settings
from chassis.web.auth import KeySet, Verifier


def public_key(key_id: str) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": key_id, "alg": "ES256"}


@dataclass
class Issuer:
    """A real HTTP server whose response a test chooses."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    seconds: float = 0.0
    requests: list[str] = field(default_factory=list)

    def publish(self, *key_ids: str) -> None:
        self.status = 200
        self.body = json.dumps({"keys": [public_key(one) for one in key_ids]}).encode()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests.append(self.path)
            time.sleep(made.seconds)
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/jwks"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


async def test_keys_are_fetched_once(issuer: Issuer) -> None:
    issuer.publish("a")
    keys = KeySet(issuer.url)
    fetched = await asyncio.gather(*(keys.key("a") for _ in range(5)))
    assert {key.key_id for key in fetched} == {"a"}
    with pytest.raises(Unauthenticated, match="TOKEN_KEY_UNKNOWN"):
        await keys.key("b")
    assert len(issuer.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": 1}'),
        (200, b'{"keys": ["x"]}'),
        (200, b"\xff"),
    ],
)
async def test_an_invalid_key_response_counts_as_unavailable(
    issuer: Issuer, status: int, body: bytes
) -> None:
    issuer.status, issuer.body = status, body
    keys = KeySet(issuer.url)
    for key_id in ("a", "b"):
        with pytest.raises(Unavailable, match="ISSUER_UNAVAILABLE"):
            await keys.key(key_id)
    assert len(issuer.requests) == 1


async def test_unknown_key_ids_do_not_wait_one_after_another_for_a_failing_issuer(
    issuer: Issuer,
) -> None:
    issuer.status, issuer.seconds = 500, 0.3
    keys = KeySet(issuer.url)
    started = time.monotonic()
    results = await asyncio.gather(
        *(keys.key(f"random-{n}") for n in range(20)), return_exceptions=True
    )
    assert time.monotonic() - started < 2
    assert {type(result) for result in results} == {Unavailable}
    assert len(issuer.requests) == 1


async def test_keys_are_fetched_again_soon_after_the_issuer_failed(issuer: Issuer) -> None:
    issuer.status = 500
    keys = KeySet(issuer.url, retry_seconds=0.0)
    with pytest.raises(Unavailable):
        await keys.key("a")
    issuer.publish("a")
    assert (await keys.key("a")).key_id == "a"
    with pytest.raises(Unauthenticated):  # the issuer has just answered
        await keys.key("b")
    assert len(issuer.requests) == 2


async def test_a_withdrawn_key_is_refused(issuer: Issuer) -> None:
    issuer.publish("old")
    keys = KeySet(issuer.url, minimum_age=0.0, maximum_age=0.05, retry_seconds=0.0)
    await keys.key("old")
    issuer.publish("new")
    await asyncio.sleep(0.1)
    with pytest.raises(Unauthenticated, match="TOKEN_KEY_UNKNOWN"):
        await keys.key("old")
    assert (await keys.key("new")).key_id == "new"


async def test_old_keys_are_used_while_the_issuer_fails(issuer: Issuer) -> None:
    issuer.publish("a")
    keys = KeySet(issuer.url, minimum_age=0.0, maximum_age=0.05, retry_seconds=0.0)
    await keys.key("a")
    issuer.status = 500
    await asyncio.sleep(0.1)
    assert (await keys.key("a")).key_id == "a"
    with pytest.raises(Unavailable):
        await keys.key("b")
    assert len(issuer.requests) == 3


async def test_an_unreachable_issuer_is_a_503(environment: None) -> None:
    app = create_app(Settings.of("testkit"), title="Keys", description="", routers=[], texts={})
    app.state.verifier = Verifier(KeySet("http://127.0.0.1:1/"), issuer="i", audience="l2c")
    token = jwt.encode({"sub": "x"}, "k" * 32, algorithm="HS256", headers={"kid": "k"})
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test/testkit/v1") as http:
        answer = await http.get(
            "/operations/01990000-0000-7000-8000-000000000001",
            headers={"Authorization": f"Bearer {token}"},
        )
    assert (answer.status_code, answer.json()["code"]) == (503, "ISSUER_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"
