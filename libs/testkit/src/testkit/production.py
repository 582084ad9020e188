"""The secrets that production demands, for tests of its other settings."""

from base64 import b64encode

import pytest


def set_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set strong secrets and one encryption key."""
    monkeypatch.setenv("L2C_SECRET", "s" * 32)
    monkeypatch.setenv("L2C_DIGEST_SECRET", "d" * 32)
    monkeypatch.setenv("L2C_ENCRYPTION_KEYS", f"2026:{b64encode(bytes(32)).decode()}")
