"""Creates, edits, deactivates, reactivates, deletes and restores products."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import mark_deleted, mark_restored
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

    Raises Conflict (PRODUCT_DUPLICATE) if another product has the SKU, and Invalid for wrong custom
    fields.
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
        raise await _duplicate_sku(tx, sku)
    await publish(tx, product.created_event(), of=product)
    return product


async def edit_product(
    tx: AsyncConnection,
    product_id: UUID,
    edit: Callable[[Product], Product],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """Change a product to what `edit` returns for it; without a difference nothing is written.

    Raises NotFound, Conflict (PRODUCT_DUPLICATE) if another product has the new SKU, Invalid for
    wrong custom fields, and whatever `edit` raises.
    """
    before = await store.get_locked(tx, product_id)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, RESOURCE, edited.custom_fields, before=before.custom_fields
    )
    after, event = before.edited(replace(edited, custom_fields=fields), now=now)
    if event is None:
        return before
    expected.check(before)
    if after.sku != before.sku and not await store.change_sku(tx, after):
        raise await _duplicate_sku(tx, after.sku)
    return await _save_and_publish(tx, after, event)


async def replace_product(
    tx: AsyncConnection,
    product_id: UUID,
    edit: Callable[[Product], Product],
    *,
    active: bool,
    now: datetime,
) -> Product:
    """Edit a product, then set whether it is active. Raises what `edit_product` raises."""
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
    """Stop quoting a product; an inactive one is returned unchanged. Raises NotFound."""
    before = await store.get_locked(tx, product_id)
    if not before.active:
        return before
    expected.check(before)
    return await _save_and_publish(tx, *before.deactivated(now=now))


async def reactivate_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """Allow quoting a product again; an active one is returned unchanged. Raises NotFound."""
    before = await store.get_locked(tx, product_id)
    if before.active:
        return before
    expected.check(before)
    return await _save_and_publish(tx, *before.reactivated(now=now))


async def delete_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete a product; one that is already deleted does not change. Raises NotFound."""
    before = await store.get_locked(tx, product_id, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        await _save_and_publish(tx, after, ProductDeleted(product=after.state()))


async def restore_product(
    tx: AsyncConnection,
    product_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Product:
    """Restore a deleted product; any other is returned unchanged. Raises NotFound."""
    before = await store.get_locked(tx, product_id, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _save_and_publish(tx, after, ProductRestored(product=after.state()))


async def _save_and_publish(tx: AsyncConnection, product: Product, event: Event) -> Product:
    saved = await store.save(tx, product)
    await publish(tx, event, of=saved)
    return saved


async def _duplicate_sku(tx: AsyncConnection, sku: str) -> Conflict:
    other = await store.id_by_sku(tx, sku)
    return Conflict("PRODUCT_DUPLICATE", sku=sku, product_id=str(other))
