"""The HTTP API of quotas."""

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from mtl.quotas import actions
from mtl.quotas.schemas import QuotaEdit, QuotaIn, QuotaOut
from mtl.quotas.store import LISTING, QUOTA

RESOURCE = Resource(
    record_type=QUOTA,
    collection="/quotas",
    listing=LISTING,
    body=QuotaIn,
    edit_body=QuotaEdit,
    answer=QuotaOut,
    create=actions.create_quota,
    edit=actions.edit_quota,
    imported=False,
    docs={
        "create": "Set a quota\n\n"
        "A person's own quota counts before that of their department, the nearest department before"
        " those above it, and all before that of everybody; for each limit by itself. Of two for "
        "the same the smaller limit counts.",
        "edit": "Change the limits of a quota\n\nWhoever holds more leads keeps them.",
    },
)
ROUTERS = resource_routers(RESOURCE)
