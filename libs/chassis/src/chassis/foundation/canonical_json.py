"""Canonical JSON: equal values give equal bytes, whatever the order of their members."""

import hashlib
from typing import Any

import orjson


def canonical_json(value: Any) -> bytes:
    """Return a value as JSON with sorted members and no blanks."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of(value: Any) -> str:
    """Return the SHA-256 digest of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
