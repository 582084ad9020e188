"""Imports people from a file of sales agents with their managers and offices."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.named_rows import (
    EXTERNAL_FIELDS,
    NamedRow,
    named_row_by_row,
    read_named,
)
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportTarget,
    ParsedRow,
    RowResult,
    validate_row,
)
from chassis.foundation.texts import Text
from chassis.records.import_examples import SELLER
from org.people.actions.placement import AgentPlacement, place_agent
from org.people.schemas import AgentPlacementRow
from org.people.store import PERSON

RESOURCE = PERSON.scoped.resource


def _read_row(cells: Cells) -> ParsedRow[AgentPlacement]:
    return validate_row(AgentPlacementRow, cells.fields, _to_placement)


def _to_placement(row: AgentPlacementRow) -> AgentPlacement:
    return AgentPlacement(name=row.name, manager=row.manager, office=row.office)


async def _import_person(
    tx: AsyncConnection, row: NamedRow[AgentPlacement], context: ImportContext
) -> RowResult:
    return await place_agent(tx, row.value, context, external_id=row.external_id)


PEOPLE_IMPORT = ImportTarget(
    resource=RESOURCE,
    also_writes=("org.department",),
    fields=(
        ImportField(
            "name", ("sales_agent", "agent", "姓名", "销售"), required=True, example=SELLER
        ),
        ImportField(
            "manager",
            ("reports to", "上级", "经理", "销售经理"),
            required=True,
            example=Text("赵强", "Sam Taylor"),
        ),
        ImportField(
            "office",
            ("regional_office", "办事处", "大区", "区域"),
            required=True,
            example=Text("华东", "East"),
        ),
        *EXTERNAL_FIELDS,
    ),
    read=read_named(RESOURCE, _read_row),
    import_rows=named_row_by_row(RESOURCE, _import_person),
)
