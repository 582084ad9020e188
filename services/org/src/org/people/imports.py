"""Imports people from a file of sales agents with their managers and offices."""

from chassis.files.imports.target import (
    Cells,
    ImportField,
    ImportTarget,
    ParsedRow,
    row_by_row,
    validate_row,
)
from org.people.actions.placement import AgentPlacement, place_agent
from org.people.schemas import AgentPlacementRow


def _read_row(cells: Cells) -> ParsedRow[AgentPlacement]:
    return validate_row(AgentPlacementRow, cells.fields, _to_placement)


def _to_placement(row: AgentPlacementRow) -> AgentPlacement:
    return AgentPlacement(name=row.name, manager=row.manager, office=row.office)


PEOPLE_IMPORT = ImportTarget(
    resource="org.person",
    also_writes=("org.department",),
    fields=(
        ImportField(
            "name", ("sales_agent", "agent", "姓名", "销售"), required=True, example="李娜"
        ),
        ImportField(
            "manager", ("reports to", "上级", "经理", "销售经理"), required=True, example="赵强"
        ),
        ImportField(
            "office", ("regional_office", "办事处", "大区", "区域"), required=True, example="华东"
        ),
    ),
    read=_read_row,
    import_rows=row_by_row(place_agent),
)
