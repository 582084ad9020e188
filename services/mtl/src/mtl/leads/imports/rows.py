"""Import of leads from files: how a row becomes a lead.

Leads have an external id of their own, which no two of them share: a row that repeats it is a
duplicate. A row that also names the system is the lead which that system calls so, and edits it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import (
    EXTERNAL_SYSTEM,
    NamedRow,
    RowCommands,
    named_row_by_row,
    split_cells,
    store_row,
)
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportRow,
    ImportTarget,
    ParsedRow,
    RowResult,
    created,
    refused,
    refused_for,
    unchanged,
    validate_row,
)
from chassis.records.access.owners import subjects_by_name
from chassis.records.country_names import country_code
from chassis.records.custom_fields.cells import custom_field_parser, parse_custom_field_cells
from chassis.records.external_ids.actions import ExternalId
from chassis.web.commands import Command
from kernel.errors import Invalid
from kernel.ids import new_id
from mtl.leads import store
from mtl.leads.actions.records import capture_lead, capture_leads, edit_lead, restore_lead
from mtl.leads.domain.details import IDENTIFYING_FIELDS, LeadDetails
from mtl.leads.domain.keys import DuplicateLead
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.imports.fields import LEAD_FIELDS, OWNER_FIELD
from mtl.leads.schemas.fields import MAX_ATTRIBUTE_VALUE_LENGTH, MAX_ATTRIBUTES
from mtl.leads.schemas.leads import LeadIn
from mtl.leads.schemas.spellings import read_cells
from mtl.leads.store import LEAD, LEADS
from parties.tags import MAX_TAGS, distinct_tags, tag_keys

COMPARED_FIELDS = tuple(
    each.name
    for each in fields(LeadDetails)
    if each.name not in ("tags", "attributes", "custom_fields", "owner_id")
)
NOT_SELECTED = "Select"  # the value that web forms export for a choice nobody made


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """A lead as read from a file; `owner` is the name or the subject of a person.

    `custom_cells` are the texts of its custom fields; `name` is set if the row names a system.
    """

    details: LeadDetails
    owner: str | None = None
    custom_cells: Mapping[str, str] = field(default_factory=dict)
    name: ExternalId | None = None

    def applied(self, lead: Lead, custom_fields: Mapping[str, Any]) -> Lead:
        """Return the lead with the values of this row; its owner stays, as in a PUT."""
        given = {name: getattr(self.details, name) for name in COMPARED_FIELDS}
        return replace(
            lead,
            **{name: value for name, value in given.items() if value is not None},
            tags=distinct_tags((*lead.tags, *self.details.tags))[:MAX_TAGS],
            attributes={**lead.attributes, **self.details.attributes},
            custom_fields=custom_fields,
        )

    def lead(
        self,
        subjects: Mapping[str, Sequence[str]],
        context: ImportContext,
        custom_fields: Mapping[str, Any],
    ) -> Lead:
        """The new lead, of the only person named as its owner; without one, of the importer."""
        owner_id = self.named_owner(subjects) or context.actor
        return Lead(
            **vars(self.details) | {"owner_id": owner_id, "custom_fields": custom_fields},
            id=new_id(),
            created_at=context.now,
            updated_at=context.now,
        )

    def named_owner(self, subjects: Mapping[str, Sequence[str]]) -> str | None:
        """The subject of the only person whom the row names as the owner."""
        matches = subjects.get(self.owner or "", ())
        return matches[0] if len(matches) == 1 else None

    def owner_warnings(self, subjects: Mapping[str, Sequence[str]]) -> list[Finding]:
        """The warning that nobody, or more than one person, has the name of the owner."""
        if self.owner is None or self.named_owner(subjects) is not None:
            return []
        code = "OWNER_AMBIGUOUS" if subjects.get(self.owner) else "ROW_OWNER_NOT_ACTIVE"
        return [Finding(code, params={"given": self.owner}, field=OWNER_FIELD)]

    def is_contained_in(
        self,
        lead: Lead,
        subjects: Mapping[str, Sequence[str]],
        custom_fields: Mapping[str, Any],
    ) -> bool:
        """Whether the lead has every value of this row already."""
        details = self.details
        known = all(
            getattr(details, name) in (None, getattr(lead, name)) for name in COMPARED_FIELDS
        )
        owner = self.named_owner(subjects)
        return (
            known
            and owner in (None, lead.owner_id)
            and set(tag_keys(details.tags)) <= set(tag_keys(lead.tags))
            and details.attributes.items() <= lead.attributes.items()
            and custom_fields.items() <= lead.custom_fields.items()
        )


def _parse_lead_row(cells: Cells) -> ParsedRow[LeadRow]:
    """Validate a row like the body of a request; its extra columns are the attributes."""
    has_system = EXTERNAL_SYSTEM in cells.fields
    named = split_cells(LEADS.resource, cells) if has_system else None
    fields = {name: cell for name, cell in cells.fields.items() if name != EXTERNAL_SYSTEM}
    body, too_long, unknown_country = lead_body(fields, cells.extra_columns)
    params = {"maximum": MAX_ATTRIBUTE_VALUE_LENGTH}
    errors = [Finding("TOO_LONG", column, params) for column in too_long]
    owner = cells.fields.get(OWNER_FIELD)
    if owner == NOT_SELECTED:
        owner = None

    def row(lead: LeadIn) -> LeadRow:
        name = None if named is None else named.external_id
        return LeadRow(details=_details(lead), owner=owner, custom_cells=cells.custom, name=name)

    warnings = [Finding("COUNTRY_UNKNOWN", field="country")] if unknown_country else []
    parsed = validate_row(LeadIn, body, row, warnings=warnings)
    errors += [*parsed.errors, *(() if named is None else named.errors)]
    return ParsedRow(errors=errors) if errors else parsed


def _details(body: LeadIn) -> LeadDetails:
    return LeadDetails(**dict(body))


def lead_body(
    cells: Mapping[str, str], extra_columns: Mapping[str, str]
) -> tuple[dict[str, Any], list[str], bool]:
    """The row as the body of a lead, and the extra columns too long to be attributes.

    The name of a country that nobody knows becomes an attribute; the last value says if it did.
    """
    given = {
        name: value
        for name, value in cells.items()
        if name != OWNER_FIELD and (name in IDENTIFYING_FIELDS or value != NOT_SELECTED)
    }
    body = read_cells(given)
    country = body.get("country")
    is_unknown = country is not None and country_code(country) is None
    if is_unknown:
        extra_columns = {"country": body.pop("country"), **extra_columns}
    attributes = {name: value for name, value in extra_columns.items() if value != NOT_SELECTED}
    too_long = [n for n, value in attributes.items() if len(value) > MAX_ATTRIBUTE_VALUE_LENGTH]
    body["attributes"] = {n: value for n, value in attributes.items() if n not in too_long}
    return body, too_long, is_unknown


async def _check_leads(
    _: AsyncConnection, rows: Sequence[ImportRow[LeadRow]]
) -> Mapping[int, ParsedRow[LeadRow]]:
    """Warn of rows by which no lead is recognized: importing them again makes another lead."""
    unknown = [row for row in rows if row.value.name is None and not row.value.details.has_key]
    warnings = [Finding("LEAD_NOT_RECOGNIZABLE")]
    return {row.number: ParsedRow(value=row.value, warnings=warnings) for row in unknown}


async def _import_leads(
    tx: AsyncConnection, rows: Sequence[ImportRow[LeadRow]], context: ImportContext
) -> list[RowResult]:
    """Store the rows that name a system each by itself, then capture the others together."""
    named = [
        ImportRow(number=row.number, value=NamedRow(row.value, row.value.name))
        for row in rows
        if row.value.name is not None
    ]
    stored = await _import_named_leads(tx, named, context) if named else []
    results = dict(zip((row.number for row in named), stored, strict=True))
    results |= await _capture(tx, [row for row in rows if row.number not in results], context)
    return [results[row.number] for row in rows]


async def _import_named_lead(
    tx: AsyncConnection, named: NamedRow[LeadRow], context: ImportContext
) -> RowResult:
    """Create or edit the lead that the system of the row calls so."""
    command, row = context.command(tx), named.value
    subjects = await subjects_by_name(tx, [row.owner] if row.owner else [])

    async def create() -> Lead:
        custom_fields = await parse_custom_field_cells(tx, LEADS.resource, row.custom_cells)
        return await capture_lead(command, row.lead(subjects, context, custom_fields))

    async def edit(before: Lead) -> Lead:
        custom_fields = before.custom_fields
        if row.custom_cells:
            custom_fields = await parse_custom_field_cells(
                tx, LEADS.resource, row.custom_cells, before=before.custom_fields
            )
        return await edit_lead(command, before.id, lambda lead: row.applied(lead, custom_fields))

    restore = partial(restore_lead, command)
    does = RowCommands(record_type=LEAD, create=create, edit=edit, restore=restore)
    result = await store_row(context, command, named.external_id, does)
    return replace(result, findings=row.owner_warnings(subjects))


_import_named_leads = named_row_by_row(LEADS.resource, _import_named_lead)


async def _capture(
    tx: AsyncConnection, rows: Sequence[ImportRow[LeadRow]], context: ImportContext
) -> dict[int, RowResult]:
    """Capture leads; one that exists is unchanged if equal, else refused."""
    names = {row.value.owner for row in rows if row.value.owner}
    subjects = await subjects_by_name(tx, names)
    parser = await custom_field_parser(tx, LEADS.resource)
    results: dict[int, RowResult] = {}
    accepted: list[tuple[ImportRow[LeadRow], Lead]] = []
    for row in rows:
        try:
            custom_fields = parser.parse(row.value.custom_cells)
        except Invalid as invalid:
            results[row.number] = refused_for(invalid)
        else:
            accepted.append((row, row.value.lead(subjects, context, custom_fields)))
    command = Command(tx, context.now, actor=context.actor)
    visibility = await context.visibility(tx, LEADS.resource)
    captured = await capture_leads(command, [lead for _, lead in accepted], visibility)
    visible = [one.lead_id for one in captured if isinstance(one, DuplicateLead) and not one.hidden]
    existing = await store.leads_by_id(tx, visible)
    for (row, new), lead in zip(accepted, captured, strict=True):
        results[row.number] = _row_result(row.value, new, lead, existing, subjects)
    return results


def _row_result(
    row: LeadRow,
    new: Lead,
    lead: Lead | DuplicateLead,
    existing: Mapping[UUID, Lead],
    subjects: Mapping[str, Sequence[str]],
) -> RowResult:
    if isinstance(lead, DuplicateLead):
        earlier = existing.get(lead.lead_id)
        if earlier is not None and row.is_contained_in(earlier, subjects, new.custom_fields):
            return unchanged(earlier.id, *row.owner_warnings(subjects))
        matched = None if lead.hidden else lead.matched
        return refused(Finding(lead.code, params=lead.disclosed_params, field=matched))
    return created(lead.id, *row.owner_warnings(subjects), *_placement_warnings(lead))


def _placement_warnings(lead: Lead) -> list[Finding]:
    """Warn that a new lead has no owner, because that person may hold no more."""
    is_full = lead.unassigned_reason is UnassignedReason.OWNER_FULL
    return [Finding("ROW_OWNER_FULL", field=OWNER_FIELD)] if is_full else []


LEAD_IMPORT = ImportTarget(
    resource=LEADS.resource,
    fields=LEAD_FIELDS,
    read=_parse_lead_row,
    import_rows=_import_leads,
    check_rows=_check_leads,
    any_of=IDENTIFYING_FIELDS,
    extra_columns="attributes",
    max_extra_columns=MAX_ATTRIBUTES,
    custom_fields=True,
)
