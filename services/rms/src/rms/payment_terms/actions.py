"""Commands on the tenant's payment terms, and which term an order gets."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict
from kernel.ids import new_id
from rms.payment_terms import store
from rms.payment_terms.domain import (
    BUILT_IN_TERM,
    AgreedTerm,
    Instalment,
    PaymentTerm,
    ensure_shares_sum_to_one,
)


async def create_payment_term(
    tx: AsyncConnection,
    *,
    code: str,
    name: str,
    instalments: Sequence[Instalment],
    is_default: bool,
    now: datetime,
) -> PaymentTerm:
    """Add a payment term, as the new default with `is_default`.

    Raises Invalid (SHARES_NOT_WHOLE) and Conflict (PAYMENT_TERM_DUPLICATE).
    """
    ensure_shares_sum_to_one(instalments)
    await store.lock_payment_terms(tx)
    if is_default:
        await _unset_default(tx, now)
    term = PaymentTerm(
        id=new_id(),
        code=code,
        name=name,
        instalments=tuple(instalments),
        is_default=is_default,
        created_at=now,
        updated_at=now,
    )
    if not await store.insert_payment_term(tx, term):
        raise Conflict("PAYMENT_TERM_DUPLICATE", term=code)
    return term


async def edit_payment_term(
    tx: AsyncConnection,
    term_id: UUID,
    edit: Callable[[PaymentTerm], PaymentTerm],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> PaymentTerm:
    """Rename a term. Raises NotFound, Invalid, RuleBroken (PAYMENT_TERM_INACTIVE)."""
    await store.lock_payment_terms(tx)
    before = await store.get_payment_term(tx, term_id)
    after = before.renamed(edit(before).name, now=now)
    if after.name == before.name:
        return before
    expected.check(before)
    return await store.save_payment_term(tx, after)


async def make_default_payment_term(
    tx: AsyncConnection,
    term_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Make a term the default of new orders, in place of the present one.

    Raises NotFound, RuleBroken (PAYMENT_TERM_INACTIVE).
    """
    await store.lock_payment_terms(tx)
    before = await store.get_payment_term(tx, term_id)
    if before.is_default:
        return
    expected.check(before)
    term = before.make_default(now=now)
    await _unset_default(tx, now)
    await store.save_payment_term(tx, term)


async def deactivate_payment_term(
    tx: AsyncConnection,
    term_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Withdraw a term from new orders; orders that have it keep it.

    Raises NotFound, RuleBroken (PAYMENT_TERM_DEFAULT).
    """
    await store.lock_payment_terms(tx)
    before = await store.get_payment_term(tx, term_id)
    if not before.active:
        return
    expected.check(before)
    await store.save_payment_term(tx, before.deactivate(now=now))


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


async def _unset_default(tx: AsyncConnection, now: datetime) -> None:
    default = await store.find_default_term(tx)
    if default is not None:
        await store.save_payment_term(tx, replace(default, is_default=False, updated_at=now))
