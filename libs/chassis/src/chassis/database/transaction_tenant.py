"""The tenant of the running transaction, for values that only this tenant's keys can read.

It is set where `app.tenant` is set, so that both always name the same tenant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_tenant: ContextVar[UUID | None] = ContextVar("transaction_tenant", default=None)


class NoTenant(RuntimeError):
    """A value of a tenant was read or written in a transaction that has no tenant."""


def transaction_tenant() -> UUID:
    """Return the tenant of the running transaction. Raises NoTenant if it has none."""
    tenant = _tenant.get()
    if tenant is None:
        raise NoTenant("An encrypted column is only read and written in a tenant's transaction.")
    return tenant


def enter_tenant(tenant: UUID | None) -> UUID | None:
    """Set the tenant of the rest of this task, and return the one before."""
    before = _tenant.get()
    _tenant.set(tenant)
    return before


@contextmanager
def within_tenant(tenant: UUID | None) -> Iterator[None]:
    """Run the block as this tenant."""
    before = enter_tenant(tenant)
    try:
        yield
    finally:
        # Not by a token: a response may close the transaction in another context than it began in.
        _tenant.set(before)
