"""Transient database errors: the same work may succeed when it is tried again."""

from socket import gaierror

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What a database that does not answer as it should raises, through SQLAlchemy or past it.
DATABASE_ERRORS = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
# Connections, resources, deadlock and serialisation, lock and statement timeout, server restarts.
SQLSTATES = ("08", "25P03", "40", "53", "55P03", "57014", "57P")


def is_transient(error: BaseException) -> bool:
    """Return whether a retry in a new transaction may succeed."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return (
            error.connection_invalidated
            or str(state).startswith(SQLSTATES)
            # The backend ended while the driver was connecting: its protocol state is left behind.
            or isinstance(getattr(error.orig, "__cause__", None), asyncpg.InternalClientError)
        )
    if isinstance(error, asyncpg.PostgresError):  # raised unwrapped while connecting
        return str(error.sqlstate).startswith(SQLSTATES)
    if isinstance(
        error, asyncpg.InterfaceError | asyncpg.InternalClientError
    ):  # also unwrapped: the connection died at once
        return not isinstance(error, ValueError)  # but not a value that does not fit
    if type(error) is OSError:  # several addresses of one host, all refused; not a missing file
        return True
    return isinstance(error, PoolTimeout | ConnectionError | TimeoutError | gaierror)
