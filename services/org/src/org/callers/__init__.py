"""Callers: the person or service client that a token belongs to."""
