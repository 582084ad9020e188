"""Errors as rows may hold them: without SQL, without NUL, of bounded length."""

from sqlalchemy.exc import DBAPIError

LONGEST_TEXT = 2_000


def error_text(error: Exception) -> str:
    """An exception as a row may hold it, without the SQL."""
    return storable_text(f"{type(error).__name__}: {_said(error)}")


def _said(error: Exception) -> object:
    return error.orig if isinstance(error, DBAPIError) else error


def storable_text(said: str) -> str:
    """A text as a row may hold it: no NUL, nothing that is no UTF-8, not endless."""
    return said.replace("\0", "").encode(errors="replace").decode()[:LONGEST_TEXT]
