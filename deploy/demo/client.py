"""The demo's HTTP client: one token per login; unexpected answers are exceptions."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


class UnexpectedAnswer(Exception):
    """The API answered with a problem that the demo does not handle."""


@dataclass
class Person:
    """A signed-in person or client."""

    http: httpx.AsyncClient
    urls: Mapping[str, str]
    login: Mapping[str, str]
    token: str = ""

    async def sign_in(self) -> None:
        answer = await self.http.post(
            f"{self.urls['org']}/org/v1/oauth/token", data=dict(self.login)
        )
        if answer.status_code != 200:
            raise UnexpectedAnswer(f"sign-in of {self.login.get('username')}: {answer.text}")
        self.token = answer.json()["access_token"]

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        seen: Json | None = None,
        key: str | None = None,
        content: bytes | None = None,
        digest: str | None = None,
    ) -> Json:
        """Send a request; retry on 503, and sign in again when the token has expired.

        `seen` is the record as last read: if it was changed since, the API answers 412. `digest`
        is the Content-Digest of a part of a file.
        Raises UnexpectedAnswer for every problem.
        """
        headers = {"Accept-Language": "en", **_etag(seen)}
        headers |= {"Idempotency-Key": key} if key else {}
        if digest is not None:
            headers["Content-Digest"] = digest
        elif content is not None:
            headers["Content-Type"] = "text/csv"
        for attempt in range(60):
            if not self.token:
                await self.sign_in()
            answer = await self.http.request(
                method,
                self.urls[path.split("/")[1]] + path,
                json=body,
                content=content,
                headers={**headers, "Authorization": f"Bearer {self.token}"},
            )
            if answer.status_code == 401:
                self.token = ""
            elif answer.status_code != 503:
                break
            await asyncio.sleep(min(0.1 * (attempt + 1), 1))
        if answer.status_code >= 400:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status_code} {answer.text}")
        result: Json = answer.json() if answer.content else {}
        return result

    async def get(self, path: str) -> Json:
        return await self.call("GET", path)

    async def post(
        self,
        path: str,
        body: Json | None = None,
        *,
        seen: Json | None = None,
        key: str | None = None,
    ) -> Json:
        return await self.call("POST", path, body if body is not None else {}, seen=seen, key=key)

    async def everything(self, path: str) -> AsyncIterator[Json]:
        """Yield all items of a list, page by page."""
        separator, cursor = ("&" if "?" in path else "?"), ""
        while True:
            page = await self.get(f"{path}{separator}limit=200{cursor}")
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"

    async def until(self, path: str, *, seconds: float = 60) -> Json:
        """Wait until a list has an item and return the first.

        Raises UnexpectedAnswer when it is still empty after `seconds`.
        """
        for _ in range(int(seconds / 0.05)):
            items: list[Json] = (await self.get(path))["items"]
            if items:
                return items[0]
            await asyncio.sleep(0.05)
        raise UnexpectedAnswer(f"{path} was empty for {seconds:.0f} s")


def _etag(seen: Json | None) -> dict[str, str]:
    return {} if seen is None else {"If-Match": f'"{seen["version"]}"'}
