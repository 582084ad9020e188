"""JSON as RFC 8259 means it: no NaN, no infinity, no lone surrogate, no name twice in an object,
and no NUL in any text.

PostgreSQL cannot store NUL; of two members of one name readers take the one or the other; and the
others answer 500 in the plain framework.
"""

import json
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.requests import Request

from chassis.foundation.refusals import TooLarge

# What shows nothing at the ends of a text: zero-width marks and direction overrides. Else a name
# or a bank reference could look empty, or like another one.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"


class UnstorableText:
    """Stands where a text with NUL stood, so that validation names the place."""


class StrictRequest(Request):
    """A request whose JSON is parsed strictly and whose body has a limit in bytes."""

    limit: int = 1_000_000

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Raises TooLarge as soon as the body is known to be too large."""
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self.limit:
            raise TooLarge("BODY_TOO_LARGE")
        received = 0
        async for chunk in super().stream():
            received += len(chunk)
            if received > self.limit:
                raise TooLarge("BODY_TOO_LARGE")
            yield chunk

    async def json(self) -> Any:
        """Raises JSONDecodeError, which the framework turns into a 400."""
        body = await self.body()
        try:
            parsed = orjson.loads(body)
            json.loads(body, object_pairs_hook=_unique)  # 0.02 ms, of 1 MB 20
            return _fit(parsed)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, "", error.pos) from None
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", "", 0) from None


def _unique(members: list[tuple[str, Any]]) -> None:
    if len(dict(members)) < len(members):
        raise json.JSONDecodeError("a name stands twice in an object", "", 0)


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return UnstorableText() if "\0" in value else value.strip(INVISIBLE)
    if isinstance(value, list):
        return [_fit(item) for item in value]
    if isinstance(value, dict):
        return {
            _fit_key(k): _fit(v) if "\0" not in k else UnstorableText() for k, v in value.items()
        }
    return value


def _fit_key(key: str) -> str:
    return key.replace("\0", "\N{REPLACEMENT CHARACTER}")
