"""Cursors that callers send back: opaque text, signed, so that only what was handed out is read."""

import base64
import binascii
import hashlib
import hmac

MAC_BYTES = 16


def sign_cursor(content: bytes, *, purpose: bytes, key: bytes) -> str:
    """Return the cursor with this content; it can be read for the same purpose only."""
    return _base64url(_mac(content, purpose, key) + content)


def read_cursor(cursor: str, *, purpose: bytes, key: bytes) -> bytes | None:
    """Return the content of a cursor; None if it was altered or signed for another purpose."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    mac, content = raw[:MAC_BYTES], raw[MAC_BYTES:]
    # The last base64 letter has unused bits: only the canonical encoding is accepted.
    if _base64url(raw) != cursor or not hmac.compare_digest(mac, _mac(content, purpose, key)):
        return None
    return content


def _mac(content: bytes, purpose: bytes, key: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + content, hashlib.sha256)[:MAC_BYTES]


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
