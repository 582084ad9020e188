"""The HTTP routes of products."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from cpq.products.actions import lifecycle
from cpq.products.schemas import ProductEdit, ProductIn, ProductOut
from cpq.products.store import LISTING, PRODUCT

RESOURCE = Resource(
    record_type=PRODUCT,
    collection="/products",
    listing=LISTING,
    body=ProductIn,
    edit_body=ProductEdit,
    answer=ProductOut,
    edit=lifecycle.edit_product,
    docs={
        "create": "Create a product with a unique SKU",
        "edit": "Edit a product; deactivate and reactivate change whether it is active",
        "delete": "Delete a product; it keeps its SKU and can be restored",
    },
)
WRITE = [RESOURCE.write_guard]
router = new_router("/products", tag="products")


@router.post(
    "/{product_id}/deactivate",
    dependencies=WRITE,
    summary="Stop quoting a product; existing quotes do not change",
)
async def product_deactivate(
    product_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ProductOut:
    return ProductOut.model_validate(await lifecycle.set_active(command, product_id, active=False))


@router.post(
    "/{product_id}/reactivate", dependencies=WRITE, summary="Allow a product to be quoted again"
)
async def product_reactivate(
    product_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ProductOut:
    return ProductOut.model_validate(await lifecycle.set_active(command, product_id, active=True))


ROUTERS = resource_routers(RESOURCE, router)
