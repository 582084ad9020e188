"""The table of the further points of a record, encrypted as its own phone and mail are."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, Table, Uuid

from chassis.database.record_columns import record_columns
from chassis.records.record_parts import Parts
from parties.fields import domain_keys
from parties.points import PartyPoint


def point_parts(metadata: MetaData, *, of: Table, resource: str, parent: str) -> Parts:
    """Return the parts `points` of the records of a table, in a table of their own.

    The values are bound to the fields `phone` and `email` of the resource, so that equal numbers of
    both tables have equal digests. `q` in the list of the records finds them.
    """
    name = f"{resource.rpartition('.')[2]}_points"
    table = Table(
        name,
        metadata,
        *record_columns(PartyPoint, encrypted=("phone", "email"), of=resource),
        Column(parent, Uuid, nullable=False),
        ForeignKeyConstraint(["tenant_id", parent], [of.c.tenant_id, of.c.id], ondelete="CASCADE"),
        Index(None, "tenant_id", parent, "position"),
        Index(None, "tenant_id", "phone_digest"),
        Index(None, "tenant_id", "email_digest"),
    )
    return Parts(
        field="points",
        entity=PartyPoint,
        table=table,
        parent=parent,
        order="position",
        contact_points=("phone", "email"),
        keys=(("website", domain_keys),),
    )
