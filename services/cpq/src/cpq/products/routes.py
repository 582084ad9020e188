from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ByExternalId, Catalogue, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.web.auth import Principal, allow
from chassis.web.bodies import MoveIn
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.products import actions, store
from cpq.products.domain import Product
from cpq.products.schemas import ProductEdit, ProductIn, ProductOut

router = new_router("/products", tag="products")
READ, WRITE = allow("cpq.product.read"), allow("cpq.product.write")


@router.post(
    "", status_code=201, dependencies=[WRITE], summary="Create a product; its SKU is unique"
)
async def product_create(body: ProductIn, response: Response, tx: Tx, now: Now) -> ProductOut:
    product = await actions.create_product(tx, **_values(body), active=body.active, now=now)
    response.headers["Location"] = f"/cpq/v1/products/{product.id}"
    return ProductOut.model_validate(product)


@router.get("", dependencies=[READ], summary="List products, newest first")
async def product_list(
    tx: Tx, page: PageParams, asked: Annotated[ListQuery, store.LISTING.query]
) -> Listed[ProductOut]:
    return await store.LISTING.page(tx, page, asked)


@router.get("/{product_id}", dependencies=[READ], summary="Read a product")
async def product_get(product_id: UUID, tx: Tx) -> ProductOut:
    return await store.read(tx, product_id)


@router.patch(
    "/{product_id}",
    dependencies=[WRITE],
    summary="Change what the body names; whether it is active is a move",
)
async def product_edit(
    product_id: UUID, body: MergePatch[ProductEdit], tx: Tx, now: Now, expected: IfMatch
) -> ProductOut:
    product = await actions.edit_product(tx, product_id, body.applied, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.post(
    "/{product_id}/deactivate",
    dependencies=[WRITE],
    summary="Quote it no more; quotes that name it stay as they are",
)
async def product_deactivate(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> ProductOut:
    product = await actions.deactivate_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.post("/{product_id}/reactivate", dependencies=[WRITE], summary="Quote it again")
async def product_reactivate(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> ProductOut:
    product = await actions.reactivate_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


@router.delete(
    "/{product_id}",
    status_code=204,
    dependencies=[WRITE],
    summary="Take it out of every list; it keeps its SKU and can be restored",
)
async def product_delete(product_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    await actions.delete_product(tx, product_id, expected=expected, now=now)


@router.post("/{product_id}/restore", dependencies=[WRITE], summary="Undo its deletion")
async def product_restore(
    product_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> ProductOut:
    product = await actions.restore_product(tx, product_id, expected=expected, now=now)
    return ProductOut.model_validate(product)


def _values(body: ProductIn) -> dict[str, Any]:
    """Everything a body says but whether it is active."""
    return {name: getattr(body, name) for name in ProductEdit.model_fields}


async def _create(tx: AsyncConnection, body: ProductIn, _: Principal, now: datetime) -> Product:
    return await actions.create_product(tx, **_values(body), active=body.active, now=now)


async def _replace(
    tx: AsyncConnection, product_id: UUID, body: ProductIn, _: Principal, now: datetime
) -> Product:
    def edit(before: Product) -> Product:
        return replace(before, **_values(body))

    return await actions.replace_product(tx, product_id, edit, active=body.active, now=now)


async def _restore(tx: AsyncConnection, product_id: UUID, _: Principal, now: datetime) -> Product:
    return await actions.restore_product(tx, product_id, now=now)


names = external_id_router(
    ByExternalId(
        scoped=Catalogue(actions.RESOURCE),
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
    "/products", resource=actions.RESOURCE, table=store.products, dependencies=[READ]
)
ROUTERS = (names, router, audit)
