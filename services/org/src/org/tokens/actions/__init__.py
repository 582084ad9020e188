"""The signing keys, and issuing tokens."""
