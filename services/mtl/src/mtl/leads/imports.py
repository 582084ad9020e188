"""Import of leads from files: how a row becomes a lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportRow,
    ImportTarget,
    ParsedRow,
    RowResult,
    created,
    refused,
    validate_row,
)
from chassis.records.access.owners import subjects_by_name
from chassis.web.commands import Command
from kernel.ids import new_id
from mtl.leads.actions import capture_leads
from mtl.leads.domain import (
    IDENTIFYING_FIELDS,
    MAX_ATTRIBUTE_VALUE_LENGTH,
    MAX_ATTRIBUTES,
    DuplicateLead,
    Lead,
    LeadDetails,
)
from mtl.leads.schemas import LeadIn
from mtl.leads.store import LEADS

OWNER_FIELD = "owner"
NOT_SELECTED = "Select"  # the value that web forms export for a choice nobody made


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """A lead as read from a file; `owner` is the name or the subject of a person."""

    details: LeadDetails
    owner: str | None = None

    def lead(self, subjects: Mapping[str, str], context: ImportContext) -> Lead:
        """The new lead, of the named owner; the importer owns it if nobody has that name."""
        owner_id = subjects.get(self.owner or "") or context.actor
        return Lead(
            **vars(self.details) | {"owner_id": owner_id},
            id=new_id(),
            created_at=context.now,
            updated_at=context.now,
        )

    def names_unknown_owner(self, subjects: Mapping[str, str]) -> bool:
        """Whether the row names an owner who is not among `subjects`."""
        return self.owner is not None and self.owner not in subjects


def _parse_lead_row(cells: Cells) -> ParsedRow[LeadRow]:
    """Validate a row like the body of a request; warn of attributes that are too long to keep."""
    body, too_long = lead_body(cells.fields, cells.extra_columns)
    params = {"maximum": MAX_ATTRIBUTE_VALUE_LENGTH}
    warnings = [Finding("ATTRIBUTE_LEFT_OUT", column, params) for column in too_long]
    owner = cells.fields.get(OWNER_FIELD)
    if owner == NOT_SELECTED:
        owner = None
    return validate_row(
        LeadIn, body, lambda lead: LeadRow(details=_details(lead), owner=owner), warnings=warnings
    )


def _details(body: LeadIn) -> LeadDetails:
    return LeadDetails(**body.model_dump())


def lead_body(
    fields: Mapping[str, str], extra_columns: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """The row as the body of a lead, and the extra columns too long to be attributes."""
    body: dict[str, Any] = {
        name: value
        for name, value in fields.items()
        if name != OWNER_FIELD and (name in IDENTIFYING_FIELDS or value != NOT_SELECTED)
    }
    attributes = {name: value for name, value in extra_columns.items() if value != NOT_SELECTED}
    too_long = [n for n, value in attributes.items() if len(value) > MAX_ATTRIBUTE_VALUE_LENGTH]
    body["attributes"] = {n: value for n, value in attributes.items() if n not in too_long}
    return body, too_long


async def _import_leads(
    tx: AsyncConnection, rows: Sequence[ImportRow[LeadRow]], context: ImportContext
) -> list[RowResult]:
    """Capture the leads of a chunk; a lead that exists already is refused and not changed."""
    names = {row.value.owner for row in rows if row.value.owner}
    subjects = await subjects_by_name(tx, names)
    captured = await capture_leads(
        Command(tx, context.now, actor=context.actor),
        [row.value.lead(subjects, context) for row in rows],
        await context.visibility(tx, LEADS.resource),
    )
    return [
        _row_result(row.value, lead, subjects) for row, lead in zip(rows, captured, strict=True)
    ]


def _row_result(row: LeadRow, lead: Lead | DuplicateLead, subjects: Mapping[str, str]) -> RowResult:
    if isinstance(lead, DuplicateLead):
        field = None if lead.hidden else lead.matched
        return refused(Finding("LEAD_DUPLICATE", params=lead.disclosed_params, field=field))
    if row.names_unknown_owner(subjects):
        return created(lead.id, Finding("OWNER_UNKNOWN", field=OWNER_FIELD))
    return created(lead.id)


LEAD_IMPORT = ImportTarget(
    resource=LEADS.resource,
    fields=(
        ImportField("name", ("full name", "姓名", "联系人"), example="王芳"),
        ImportField("company", ("公司", "公司名称"), example="上海示例有限公司"),
        ImportField("phone", ("mobile", "手机", "手机号", "电话"), example="13800138000"),
        ImportField("email", ("邮箱", "电子邮件"), example="wang.fang@example.com"),
        ImportField("external_id", ("lead number", "线索编号"), example="L-0001"),
        ImportField("source", ("lead source", "来源", "线索来源"), example="展会"),
        ImportField(OWNER_FIELD, ("lead owner", "负责人", "所有人"), example="李娜"),
    ),
    read=_parse_lead_row,
    import_rows=_import_leads,
    any_of=IDENTIFYING_FIELDS,
    extra_columns="attributes",
    max_extra_columns=MAX_ATTRIBUTES,
)
