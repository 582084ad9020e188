from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.auth import allow
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from cpq.products import actions, store
from cpq.products.schemas import ProductIn, ProductOut

router = new_router("/products", tag="products")
READ, WRITE = allow("cpq.product.read"), allow("cpq.product.write")


@router.post(
    "", status_code=201, dependencies=[WRITE], summary="Create a product; its SKU is unique"
)
async def product_create(body: ProductIn, response: Response, tx: Tx, now: Now) -> ProductOut:
    product = await actions.create_product(tx, **body.model_dump(), now=now)
    response.headers["Location"] = f"/cpq/v1/products/{product.id}"
    return ProductOut.model_validate(product)


@router.get("", dependencies=[READ], summary="List products, newest first")
async def product_list(
    tx: Tx,
    page: PageParams,
    active: Annotated[bool | None, Query(description="Only active, or only inactive ones")] = None,
) -> Page[ProductOut]:
    return await store.read_page(tx, page, active=active)


@router.get("/{product_id}", dependencies=[READ], summary="Read a product")
async def product_get(product_id: UUID, tx: Tx) -> ProductOut:
    return await store.read(tx, product_id)
