"""Commands on the tenant's payment terms, and which term an order gets."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import create_record, delete_record, edit_record, save_record
from chassis.web.commands import Command
from kernel.errors import RuleBroken
from rms.payment_terms import store
from rms.payment_terms.domain import (
    BUILT_IN_TERM,
    AgreedTerm,
    PaymentTerm,
    ensure_shares_sum_to_one,
)
from rms.payment_terms.store import PAYMENT_TERM


async def create_payment_term(command: Command, term: PaymentTerm) -> PaymentTerm:
    """Add a payment term; a new default replaces the present one.

    Raises Invalid (SHARES_NOT_WHOLE) and Conflict (PAYMENT_TERM_DUPLICATE, QUOTA_ROWS).
    """
    ensure_shares_sum_to_one(term.instalments)
    await store.lock_payment_terms(command.tx)
    if term.is_default:
        await _unset_default(command)
    return await create_record(command, PAYMENT_TERM, term)


async def edit_payment_term(
    command: Command, term_id: UUID, edit: Callable[[PaymentTerm], PaymentTerm]
) -> PaymentTerm:
    """Rename a term, or change its custom fields; it stays the default or not, as it is.

    Raises what `edit_record` raises, Invalid (PAYMENT_TERM_FIXED), RuleBroken
    (PAYMENT_TERM_INACTIVE).
    """

    async def check(before: PaymentTerm, after: PaymentTerm) -> None:
        before.ensure_active()
        before.ensure_same_agreement(after)

    def keep_default(before: PaymentTerm) -> PaymentTerm:
        return replace(edit(before), is_default=before.is_default)

    await store.lock_payment_terms(command.tx)
    return await edit_record(command, PAYMENT_TERM, term_id, keep_default, check=check)


async def delete_payment_term(command: Command, term_id: UUID) -> None:
    """Delete a term that no order was agreed with; it keeps its code.

    Raises NotFound, RuleBroken (PAYMENT_TERM_DEFAULT, PAYMENT_TERM_IN_USE).
    """

    async def ensure_unused(term: PaymentTerm) -> PaymentTerm:
        term.ensure_not_default()
        if await store.has_orders(command.tx, term.code):
            raise RuleBroken("PAYMENT_TERM_IN_USE", term=term.code)
        return term

    await store.lock_payment_terms(command.tx)
    await delete_record(command, PAYMENT_TERM, term_id, prepare=ensure_unused)


async def make_default_payment_term(command: Command, term_id: UUID) -> PaymentTerm:
    """Make a term the default of new orders, in place of the present one.

    Raises NotFound, RuleBroken (PAYMENT_TERM_INACTIVE).
    """

    async def check(before: PaymentTerm, _: PaymentTerm) -> None:
        before.ensure_active()
        await _unset_default(command)

    await store.lock_payment_terms(command.tx)
    return await edit_record(
        command, PAYMENT_TERM, term_id, lambda term: replace(term, is_default=True), check=check
    )


async def deactivate_payment_term(command: Command, term_id: UUID) -> PaymentTerm:
    """Withdraw a term from new orders; orders that have it keep it.

    Raises NotFound, RuleBroken (PAYMENT_TERM_DEFAULT).
    """

    async def check(before: PaymentTerm, _: PaymentTerm) -> None:
        before.ensure_not_default()

    await store.lock_payment_terms(command.tx)
    return await edit_record(
        command, PAYMENT_TERM, term_id, lambda term: replace(term, active=False), check=check
    )


async def default_term(tx: AsyncConnection) -> AgreedTerm:
    """The term of a new order: the tenant's default, else net 30 days."""
    default = await store.find_default_term(tx)
    return BUILT_IN_TERM if default is None else default.agreed_term


async def find_active_term(tx: AsyncConnection, code: str) -> AgreedTerm | None:
    """The active term of this code, the built-in one included; None if there is none."""
    term = await store.find_term_by_code(tx, code)
    if term is None:
        return BUILT_IN_TERM if code == BUILT_IN_TERM.code else None
    return term.agreed_term if term.active else None


async def _unset_default(command: Command) -> None:
    default = await store.find_default_term(command.tx)
    if default is not None:
        await save_record(command, PAYMENT_TERM, default, replace(default, is_default=False))
