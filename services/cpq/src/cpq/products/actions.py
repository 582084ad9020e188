from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import deleted, restored
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import ProductDeleted, ProductRestored
from contracts.event import Event
from cpq.products import store
from cpq.products.domain import Product
from kernel.errors import Conflict
from kernel.ids import new_id

RESOURCE = "cpq.product"


async def create_product(
    tx: AsyncConnection,
    *,
    sku: str,
    name: str,
    unit: str,
    active: bool = True,
    series: str | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    now: datetime,
) -> Product:
    """Store a new product and publish it.

    Raises Conflict (PRODUCT_DUPLICATE) naming the other, Invalid for its custom fields.
    """
    fields = await validated_custom_fields(tx, RESOURCE, custom_fields or {})
    product = Product(
        id=new_id(),
        sku=sku,
        name=name,
        unit=unit,
        active=active,
        series=series,
        custom_fields=fields,
        created_at=now,
        updated_at=now,
    )
    if not await store.add(tx, product):
        raise await _duplicate(tx, sku)
    await publish(tx, product.created(), of=product)
    return product


async def edit_product(
    tx: AsyncConnection,
    product_id: UUID,
    edit: Callable[[Product], Product],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """What changes nothing answers the product as it is.

    Raises NotFound, Conflict (PRODUCT_DUPLICATE) for an SKU that another one has, Invalid for its
    custom fields, and what `edit` raises.
    """
    before = await store.get_locked(tx, product_id)
    wanted = edit(before)
    fields = await validated_custom_fields(
        tx, RESOURCE, wanted.custom_fields, before=before.custom_fields
    )
    after, event = before.edited(replace(wanted, custom_fields=fields), now=now)
    if event is None:
        return before
    expected.check(before)
    if after.sku != before.sku and not await store.claim_sku(tx, after):
        raise await _duplicate(tx, after.sku)
    return await _saved(tx, after, event)


async def replace_product(
    tx: AsyncConnection,
    product_id: UUID,
    edit: Callable[[Product], Product],
    *,
    active: bool,
    now: datetime,
) -> Product:
    """Edit it, then start or stop quoting it. Raises what `edit_product` raises."""
    await edit_product(tx, product_id, edit, now=now)
    move = reactivate_product if active else deactivate_product
    return await move(tx, product_id, now=now)


async def deactivate_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """An inactive one answers itself. Raises NotFound."""
    before = await store.get_locked(tx, product_id)
    if not before.active:
        return before
    expected.check(before)
    return await _saved(tx, *before.deactivated(now=now))


async def reactivate_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """An active one answers itself. Raises NotFound."""
    before = await store.get_locked(tx, product_id)
    if before.active:
        return before
    expected.check(before)
    return await _saved(tx, *before.reactivated(now=now))


async def delete_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """One that is deleted stays so. Raises NotFound for what never was."""
    before = await store.get_locked(tx, product_id, with_deleted=True)
    after = deleted(before, now=now, expected=expected)
    if after is not before:
        await _saved(tx, after, ProductDeleted(product=after.state()))


async def restore_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """One that is not deleted answers itself. Raises NotFound."""
    before = await store.get_locked(tx, product_id, with_deleted=True)
    after = restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _saved(tx, after, ProductRestored(product=after.state()))


async def _saved(tx: AsyncConnection, product: Product, event: Event) -> Product:
    saved = await store.save(tx, product)
    await publish(tx, event, of=saved)
    return saved


async def _duplicate(tx: AsyncConnection, sku: str) -> Conflict:
    other = await store.id_of_sku(tx, sku)
    return Conflict("PRODUCT_DUPLICATE", sku=sku, product_id=str(other))
