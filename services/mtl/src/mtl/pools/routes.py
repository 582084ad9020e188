"""The HTTP API of pools."""

from collections.abc import Mapping
from typing import Any

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from mtl.pools import actions
from mtl.pools.domain import PoolMember
from mtl.pools.schemas import PoolEdit, PoolIn, PoolOut
from mtl.pools.store import LISTING, POOL


def _values(body: PoolEdit) -> Mapping[str, Any]:
    lists = {
        "members": tuple(PoolMember(**dict(one)) for one in body.members),
        "admin_ids": tuple(body.admin_ids),
        "hidden_fields": tuple(body.hidden_fields),
    }
    return {**dict(body), **lists}


RESOURCE = Resource(
    record_type=POOL,
    collection="/pools",
    listing=LISTING,
    body=PoolIn,
    edit_body=PoolEdit,
    answer=PoolOut,
    create=actions.create_pool,
    edit=actions.edit_pool,
    values=_values,
    imported=False,
    docs={
        "create": "Create a pool\n\n"
        "Members claim its leads, and see them without the hidden fields until then. Admins see all"
        " of its leads, also those that were claimed, and assign them.",
        "delete": "Delete a pool; it can be restored\n\nIts leads stay in it, for the admins.",
    },
)
ROUTERS = resource_routers(RESOURCE)
