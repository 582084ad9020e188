"""Deactivates and reactivates products, also by an edit of the whole product."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from chassis.records.record_commands import MADE, AlreadyMade, edit_record, move_record
from chassis.web.commands import Command
from contracts.cpq.events import ProductDeactivated, ProductReactivated
from contracts.event import Event
from cpq.products.domain import Product
from cpq.products.store import PRODUCT


async def edit_product(
    command: Command, product_id: UUID, edit: Callable[[Product], Product]
) -> Product:
    """Change a product to what `edit` returns for it; `active` changes with an event of its own.

    Raises what `edit_record` raises, Conflict (PRODUCT_DUPLICATE) if another one has the new SKU.
    """
    active: list[bool] = []

    def without_active(before: Product) -> Product:
        after = edit(before)
        active.append(after.active)
        return replace(after, active=before.active)

    product = await edit_record(command, PRODUCT, product_id, without_active)
    return await set_active(command.unconditional, product.id, active=active[-1])


async def set_active(command: Command, product_id: UUID, *, active: bool) -> Product:
    """Stop or resume quoting a product; existing quotes do not change. Raises NotFound."""

    def change(before: Product) -> tuple[Product, Event] | AlreadyMade:
        if before.active == active:
            return MADE
        after = replace(before, active=active)
        return after, PRODUCT.event(ProductReactivated if active else ProductDeactivated, after)

    return await move_record(command, PRODUCT, product_id, change)
