"""What the job of an import does with the rows of each kind."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportRow,
    Imports,
    ImportTarget,
    ParsedRow,
    RowResult,
    created,
    reading_of,
    refused,
)
from chassis.records.access.owners import owners_called
from contracts.mtl.events import MtlImportFinished
from mtl.imports.domain import OWNER, LeadRow, lead_body, owner_of
from mtl.leads.actions import capture_leads
from mtl.leads.domain import IDENTIFYING, MAX_ATTRIBUTE, MAX_ATTRIBUTES, Duplicate, Lead
from mtl.leads.schemas import LeadIn
from mtl.leads.store import LEADS as LEAD_ROWS

RESOURCE = LEAD_ROWS.resource


def _read_lead(cells: Cells) -> ParsedRow[LeadRow]:
    body, too_long = lead_body(cells.fields, cells.rest)
    maximum = {"maximum": MAX_ATTRIBUTE}
    warnings = [Finding("ATTRIBUTE_LEFT_OUT", name, maximum) for name in too_long]
    owner = owner_of(cells.fields)
    return reading_of(
        LeadIn, body, lambda lead: LeadRow(details=lead.details(), owner=owner), warnings=warnings
    )


async def _take_leads(
    tx: AsyncConnection, rows: Sequence[ImportRow[LeadRow]], context: ImportContext
) -> list[RowResult]:
    """A lead that is there already is refused, and named if seen: no lead changes owner."""
    owners = await owners_called(tx, {row.value.owner for row in rows if row.value.owner})
    many = [row.value.of(owners) for row in rows]
    visibility = await context.visibility(tx, RESOURCE)
    captured = await capture_leads(
        tx, many, owner_id=context.actor, visibility=visibility, now=context.now
    )
    return [_taken(row.value, one, owners) for row, one in zip(rows, captured, strict=True)]


def _taken(row: LeadRow, captured: Lead | Duplicate, owners: Mapping[str, str]) -> RowResult:
    if isinstance(captured, Duplicate):
        return _refused(captured)
    unknown = [Finding("OWNER_UNKNOWN", field=OWNER)] if row.is_of_nobody(owners) else []
    return created(captured.id, *unknown)


def _refused(duplicate: Duplicate) -> RowResult:
    field = None if duplicate.hidden else duplicate.matched
    return refused(Finding("LEAD_DUPLICATE", params=duplicate.told, field=field))


LEADS = ImportTarget(
    kind="LEADS",
    scope="mtl.lead.write",
    fields=(
        ImportField("name", ("full name", "姓名", "联系人")),
        ImportField("company", ("公司", "公司名称")),
        ImportField("phone", ("mobile", "手机", "手机号", "电话")),
        ImportField("email", ("邮箱", "电子邮件")),
        ImportField("external_id", ("lead number", "线索编号")),
        ImportField("source", ("lead source", "来源", "线索来源")),
        ImportField(OWNER, ("lead owner", "负责人", "所有人")),
    ),
    read=_read_lead,
    take=_take_leads,
    any_of=IDENTIFYING,
    rest="attributes",
    most_rest=MAX_ATTRIBUTES,
)

IMPORTS = Imports("mtl", [LEADS], MtlImportFinished)
