"""Error texts fit to be stored: without SQL, without NUL, of bounded length."""

from sqlalchemy.exc import DBAPIError

MAX_ERROR_LENGTH = 2_000


def error_text(error: Exception) -> str:
    """Describe an exception for a stored row, without its SQL and parameters."""
    return storable_text(f"{type(error).__name__}: {_driver_error(error)}")


def _driver_error(error: Exception) -> object:
    return error.orig if isinstance(error, DBAPIError) else error


def storable_text(text: str) -> str:
    """Make a text storable in PostgreSQL: no NUL, valid UTF-8, at most MAX_ERROR_LENGTH."""
    return text.replace("\0", "").encode(errors="replace").decode()[:MAX_ERROR_LENGTH]
