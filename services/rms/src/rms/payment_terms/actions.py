from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict
from kernel.ids import new_id
from rms.payment_terms import store
from rms.payment_terms.domain import BUILT_IN, Instalment, PaymentTerm, Term, ensure_whole


async def create_payment_term(
    tx: AsyncConnection,
    *,
    code: str,
    name: str,
    instalments: Sequence[Instalment],
    is_default: bool,
    now: datetime,
) -> PaymentTerm:
    """Raises Invalid (SHARES_NOT_WHOLE) and Conflict (PAYMENT_TERM_DUPLICATE)."""
    ensure_whole(instalments)
    await store.lock_default(tx)
    if is_default:
        await _no_default(tx, now)
    term = PaymentTerm(
        id=new_id(),
        code=code,
        name=name,
        instalments=tuple(instalments),
        is_default=is_default,
        created_at=now,
        updated_at=now,
    )
    if not await store.add(tx, term):
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
    """Give it another name. Raises NotFound, Invalid, RuleBroken (PAYMENT_TERM_INACTIVE)."""
    await store.lock_default(tx)
    before = await store.get(tx, term_id)
    after = before.renamed(edit(before).name, now=now)
    if after.name == before.name:
        return before
    expected.check(before)
    return await store.save(tx, after)


async def make_default(
    tx: AsyncConnection,
    term_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """What new orders get from now on. Raises NotFound, RuleBroken (PAYMENT_TERM_INACTIVE)."""
    await store.lock_default(tx)
    before = await store.get(tx, term_id)
    if before.is_default:
        return
    expected.check(before)
    term = before.make_default(now=now)
    await _no_default(tx, now)
    await store.save(tx, term)


async def deactivate_payment_term(
    tx: AsyncConnection,
    term_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """No order gets it any more. Raises NotFound, RuleBroken (PAYMENT_TERM_DEFAULT)."""
    await store.lock_default(tx)
    before = await store.get(tx, term_id)
    if not before.active:
        return
    expected.check(before)
    await store.save(tx, before.deactivate(now=now))


async def default_term(tx: AsyncConnection) -> Term:
    """What a new order gets: the tenant's default, or else 30 days."""
    default = await store.default(tx)
    return BUILT_IN if default is None else default.term


async def term_of(tx: AsyncConnection, code: str) -> Term | None:
    """The active term of this code; None where there is none."""
    found = await store.by_code(tx, code)
    if found is None:
        return BUILT_IN if code == BUILT_IN.code else None
    return found.term if found.active else None


async def _no_default(tx: AsyncConnection, now: datetime) -> None:
    default = await store.default(tx)
    if default is not None:
        await store.save(tx, replace(default, is_default=False, updated_at=now))
