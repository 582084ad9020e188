"""The tables of payments and where their money goes, and their SQL."""

from rms.payments.store.reads import LISTING, read, read_allocations, read_allocations_to
from rms.payments.store.tables import PAYMENTS, allocations, payment_returns, payments
from rms.payments.store.writes import (
    OLDEST_AT_ONCE,
    add,
    add_allocations,
    add_return,
    by_reference,
    get,
    get_allocation,
    known_account,
    lock,
    lock_oldest_open,
    lock_receivables,
    oldest_open,
    read_only,
    save,
    standing_allocations,
)

__all__ = [
    "LISTING",
    "OLDEST_AT_ONCE",
    "PAYMENTS",
    "add",
    "add_allocations",
    "add_return",
    "allocations",
    "by_reference",
    "get",
    "get_allocation",
    "known_account",
    "lock",
    "lock_oldest_open",
    "lock_receivables",
    "oldest_open",
    "payment_returns",
    "payments",
    "read",
    "read_allocations",
    "read_allocations_to",
    "read_only",
    "save",
    "standing_allocations",
]
