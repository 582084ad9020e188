"""The HTTP routes of products."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.visibility import UnownedResource
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import (
    ExternallyWrittenResource,
    external_id_router,
)
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.web.auth import Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.products import store
from cpq.products.actions import lifecycle
from cpq.products.domain import Product
from cpq.products.schemas import ProductEdit, ProductIn, ProductOut

router = new_router("/products", tag="products")
READ, WRITE = allow("cpq.product.read"), allow("cpq.product.write")


@router.post(
    "", status_code=201, dependencies=[WRITE], summary="Create a product with a unique SKU"
)
async def product_create(body: ProductIn, response: Response, tx: Tx, now: Now) -> ProductOut:
    product = await lifecycle.create_product(tx, **_values(body), active=body.active, now=now)
    response.headers["Location"] = f"/cpq/v1/products/{product.id}"
    return ProductOut.model_validate(product)


@router.get("", dependencies=[READ], summary="List products, newest first")
async def product_list(
    tx: Tx, page: PageParams, list_query: Annotated[ListQuery, store.LISTING.query]
) -> ListPage[ProductOut]:
    return await store.LISTING.page(tx, page, list_query)


@router.get("/{product_id}", dependencies=[READ], summary="Read a product")
async def product_get(product_id: UUID, tx: Tx) -> ProductOut:
    return await store.read(tx, product_id)


@router.patch(
    "/{product_id}",
    dependencies=[WRITE],
    summary="Edit a product; deactivate and reactivate change whether it is active",
)
async def product_edit(
    product_id: UUID, body: MergePatch[ProductEdit], tx: Tx, now: Now, expected: IfMatch
) -> ProductOut:
    product = await lifecycle.edit_product(tx, product_id, body.applied, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.post(
    "/{product_id}/deactivate",
    dependencies=[WRITE],
    summary="Stop quoting a product; existing quotes do not change",
)
async def product_deactivate(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> ProductOut:
    product = await lifecycle.deactivate_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.post(
    "/{product_id}/reactivate", dependencies=[WRITE], summary="Allow a product to be quoted again"
)
async def product_reactivate(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> ProductOut:
    product = await lifecycle.reactivate_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.delete(
    "/{product_id}",
    status_code=204,
    dependencies=[WRITE],
    summary="Delete a product; it keeps its SKU and can be restored",
)
async def product_delete(product_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    await lifecycle.delete_product(tx, product_id, expected=expected, now=now)


@router.post("/{product_id}/restore", dependencies=[WRITE], summary="Restore a deleted product")
async def product_restore(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> ProductOut:
    product = await lifecycle.restore_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


def _values(body: ProductIn) -> dict[str, Any]:
    """Return the values of a body, except `active`."""
    return {name: getattr(body, name) for name in ProductEdit.model_fields}


async def _create(tx: AsyncConnection, body: ProductIn, _: Principal, now: datetime) -> Product:
    return await lifecycle.create_product(tx, **_values(body), active=body.active, now=now)


async def _replace(
    tx: AsyncConnection, product_id: UUID, body: ProductIn, _: Principal, now: datetime
) -> Product:
    def edit(before: Product) -> Product:
        return replace(before, **_values(body))

    return await lifecycle.replace_product(tx, product_id, edit, active=body.active, now=now)


async def _restore(tx: AsyncConnection, product_id: UUID, _: Principal, now: datetime) -> Product:
    return await lifecycle.restore_product(tx, product_id, now=now)


external_ids = external_id_router(
    ExternallyWrittenResource(
        scoped=UnownedResource(lifecycle.RESOURCE, store.products),
        collection="/products",
        body=ProductIn,
        answer=ProductOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
audit = audit_router(
    "/products", resource=lifecycle.RESOURCE, table=store.products, dependencies=[READ]
)
ROUTERS = (external_ids, router, audit)
