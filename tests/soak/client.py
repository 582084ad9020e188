"""The writers' HTTP client: it asks until it is answered, and remembers every 2xx."""

import asyncio
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from chassis.foundation.waits import Backoff
from kernel.ids import new_id
from tests.soak.journal import Answer, Journal, answer_of
from tests.soak.witness import Witness

Json = dict[str, Any]
REQUEST_SECONDS = 8.0  # a frozen API does not answer
PATIENCE = 300.0  # seconds until a request that nobody answers is a fault
RETRY_SECONDS = (0.1, 1.0)
POLL_SECONDS, SLOWEST_POLL_SECONDS = 0.5, 3.0


class Refused(Exception):
    """The API refused a request for good."""

    def __init__(self, request: str, status: int, text: str) -> None:
        super().__init__(f"{request}: {status} {text[:300]}")
        self.status = status
        self.text = text


class Unanswered(Exception):
    """Nobody answered a request in time, or a record that had to come did not."""


@dataclass
class Caller:
    """A signed-in person or client of the tenant."""

    http: httpx.AsyncClient
    urls: Mapping[str, str]
    login: Mapping[str, str]
    journal: Journal
    witness: Witness
    _token: str = ""
    _signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, path: str) -> Json:
        return await self._call("GET", path)

    async def post(
        self,
        path: str,
        body: Json | None = None,
        *,
        seen: Json | None = None,
        not_yet: Collection[str] = (),
    ) -> Json:
        """Send a POST under one Idempotency-Key until it is answered.

        `seen` is the record as last read; `not_yet` are codes of refusals that end once an event
        has arrived. Raises Refused and Unanswered.
        """
        return await self._call("POST", path, body or {}, seen=seen, not_yet=not_yet)

    async def patch(self, path: str, body: Json, *, seen: Json | None = None) -> Json:
        return await self._call("PATCH", path, body, seen=seen)

    async def put(self, path: str, body: Json) -> Json:
        return await self._call("PUT", path, body)

    async def put_bytes(self, path: str, content: bytes, headers: Mapping[str, str]) -> Json:
        return await self._call("PUT", path, content=content, more=headers)

    async def delete(self, path: str) -> None:
        await self._call("DELETE", path)

    async def fetch(self, path: str) -> bytes:
        """Return the bytes behind a link, which is entered without a token. Raises Refused."""
        until, backoff = time.monotonic() + PATIENCE, Backoff(*RETRY_SECONDS)
        url = self.urls[path.split("/")[1]] + path
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = await self.http.get(url)
                if answer.is_success:
                    return answer.content
                if not _is_temporary(answer, ()):
                    raise Refused(f"GET {path[:40]}", answer.status_code, answer.text)
            await asyncio.sleep(backoff.next())
        raise Unanswered(f"GET {path[:40]} was not answered for {PATIENCE:.0f} s")

    async def until_listed(self, path: str) -> Json:
        """Wait until a list has an item and return the first. Raises Unanswered."""
        until, backoff = time.monotonic() + PATIENCE, Backoff(POLL_SECONDS, SLOWEST_POLL_SECONDS)
        while time.monotonic() < until:
            items: list[Json] = (await self.get(path))["items"]
            if items:
                return items[0]
            await asyncio.sleep(backoff.next())
        raise Unanswered(f"{path} stayed empty for {PATIENCE:.0f} s")

    async def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        seen: Json | None = None,
        not_yet: Collection[str] = (),
        content: bytes | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Json:
        request, counts = f"{method} {path}", self.journal.counts
        headers = {"Accept-Language": "en", **(more or {})}
        if method in ("POST", "PATCH"):
            headers["Idempotency-Key"] = str(new_id())
        if method in ("POST", "PATCH") and path.count("/") > 3:
            headers["If-Match"] = f'"{seen["version"]}"' if seen else "*"
        until, backoff = time.monotonic() + PATIENCE, Backoff(*RETRY_SECONDS)
        counts["requests"] += 1
        while time.monotonic() < until:
            answer = await self._send(method, path, body, headers, content)
            if answer is not None and answer.is_success:
                return await self._note(request, path, answer)
            if answer is not None and not _is_temporary(answer, not_yet):
                raise Refused(request, answer.status_code, answer.text)
            counts["retries"] += 1
            await asyncio.sleep(backoff.next())
        raise Unanswered(f"{request} was not answered for {PATIENCE:.0f} s")

    async def _send(
        self,
        method: str,
        path: str,
        body: Json | None,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> httpx.Response | None:
        """Send a request once; None where no answer came."""
        counts = self.journal.counts
        try:
            await self._sign_in()
            answer = await self.http.request(
                method,
                self.urls[path.split("/")[1]] + path,
                json=body,
                content=content,
                headers={**headers, "Authorization": f"Bearer {self._token}"},
            )
        except httpx.TransportError:
            counts["no answer"] += 1
            return None
        counts[str(answer.status_code)] += 1
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token = ""
        if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            self.journal.faults.append(f"500: {method} {path} {answer.text[:200]}")
        return answer

    async def _sign_in(self) -> None:
        async with self._signing_in:
            if self._token:
                return
            url = f"{self.urls['org']}/org/v1/oauth/token"
            answer = await self.http.post(url, data=dict(self.login))
            if answer.is_success:
                self._token = answer.json()["access_token"]

    async def _note(self, request: str, path: str, answer: httpx.Response) -> Json:
        """Remember what the answer promises, and look at once whether it is kept."""
        body: Json = answer.json() if answer.content else {}
        if request.startswith("GET"):
            return body
        self.journal.progress_at = time.monotonic()
        promised = answer_of(request, path, body, answer.headers.get("etag", ""))
        if promised is not None:
            self.journal.answers.append(promised)
            await self._ensure_committed(promised)
        if answer.headers.get("idempotent-replayed"):
            self.journal.counts["replayed"] += 1
        return body

    async def _ensure_committed(self, promised: Answer) -> None:
        if await self.witness.contradicts(promised):
            self.journal.early.append(f"{promised.request}: {promised.table} {promised.id}")


def _is_temporary(answer: httpx.Response, not_yet: Collection[str]) -> bool:
    """Whether to ask again with the same key."""
    if answer.status_code >= 500 or answer.status_code in (401, 429):
        return True
    codes = ("IDEMPOTENCY_KEY_IN_USE", "STALE_WRITE", *not_yet)
    return any(f'"{code}"' in answer.text for code in codes)
