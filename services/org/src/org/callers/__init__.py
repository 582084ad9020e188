"""Callers: who is asking, as the token says."""
