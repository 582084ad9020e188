"""Strict JSON (RFC 8259): no NaN, infinity, lone surrogate or duplicate name; no NUL in texts.

PostgreSQL cannot store NUL, parsers disagree about duplicate names, and the plain framework
answers 500 to the others.
"""

import json
import unicodedata
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.requests import Request

from chassis.foundation.refusals import TooLarge

# Invisible characters stripped from both ends of a text (zero-width marks, direction overrides):
# otherwise a name or a bank reference could look empty, or equal to another one.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"


class UnstorableText:
    """Replaces a text that contains NUL, so that validation reports its position."""


class StrictRequest(Request):
    """A request whose JSON is parsed strictly and whose body has a limit in bytes."""

    limit: int = 1_000_000

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body in chunks; raise TooLarge as soon as it exceeds the limit."""
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
        """Parse the body; raise JSONDecodeError, which is answered with 400."""
        body = await self.body()
        try:
            parsed = orjson.loads(body)
            json.loads(body, object_pairs_hook=_ensure_unique_names)  # 0.02 ms, of 1 MB 20
            return _storable(parsed)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, "", error.pos) from None
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", "", 0) from None


def _ensure_unique_names(members: list[tuple[str, Any]]) -> None:
    if len(dict(members)) < len(members):
        raise json.JSONDecodeError("duplicate name in an object", "", 0)


def normalized_text(text: str) -> str:
    """Return a text in the form in which it is stored: in NFC, without invisible ends."""
    return unicodedata.normalize("NFC", text).strip(INVISIBLE)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UnstorableText() if "\0" in value else normalized_text(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {
            _storable_key(k): _storable(v) if "\0" not in k else UnstorableText()
            for k, v in value.items()
        }
    return value


def _storable_key(key: str) -> str:
    return key.replace("\0", "\N{REPLACEMENT CHARACTER}")
