"""XWords over HTTP."""

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from xservice.xresources.schemas import XresourceEdit
from xservice.xresources.schemas import XresourceIn
from xservice.xresources.schemas import XresourceOut
from xservice.xresources.store import LISTING
from xservice.xresources.store import XRESOURCE

RESOURCE = Resource(
    record_type=XRESOURCE,
    collection="/xurl",
    listing=LISTING,
    body=XresourceIn,
    edit_body=XresourceEdit,
    answer=XresourceOut,
    matched_by=(("name",),),
)
ROUTERS = resource_routers(RESOURCE)
