"""What the job of an import does with the rows of each kind."""

from chassis.files.imports.target import (
    Cells,
    ImportField,
    Imports,
    ImportTarget,
    ParsedRow,
    each,
    reading_of,
)
from contracts.org.events import OrgImportFinished
from org.imports.schemas import PlacementRow
from org.people.actions import Placement, place_agent


def _read(cells: Cells) -> ParsedRow[Placement]:
    return reading_of(PlacementRow, cells.fields, PlacementRow.placement)


PEOPLE = ImportTarget(
    kind="PEOPLE",
    scope="org.person.write org.department.write",
    fields=(
        ImportField("name", ("sales_agent", "agent", "姓名", "销售"), required=True),
        ImportField("manager", ("reports to", "上级", "经理", "销售经理"), required=True),
        ImportField("office", ("regional_office", "办事处", "大区", "区域"), required=True),
    ),
    read=_read,
    take=each(place_agent),
)

IMPORTS = Imports("org", [PEOPLE], OrgImportFinished)
