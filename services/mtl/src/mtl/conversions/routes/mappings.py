"""The HTTP API of the mapping from leads to the records that they become."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from chassis.records.access.guards import may_read
from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.commands import CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.conversions.actions.mappings import publish_mapping, restore_mapping
from mtl.conversions.domain.mapping import DEFAULT_MAPPING, LEAD_FIELDS, read_mapping
from mtl.conversions.schemas.mappings import (
    ConversionMappingCheckOut,
    ConversionMappingIn,
    ConversionMappingOut,
    ConversionMappingVersionDetails,
    ConversionMappingVersionIn,
    ConversionPreviewIn,
    ConversionPreviewOut,
    ConversionTargetOut,
)
from mtl.conversions.views import mappings as views
from mtl.leads.store import LEAD, LEADS
from mtl.rule_sets.store import LEAD_CONVERSION, VERSIONS
from rules.rule_schemas import RuleRestoreIn, RuleVersionOut
from rules.version_store import MAX_NUMBER

VersionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
READ, WRITE = [allow("mtl.rule.read")], [allow("mtl.rule.write")]
router = new_router("", tag="conversions")


@router.get("/conversion-mapping", dependencies=READ)
async def conversion_mapping_get(tx: Tx) -> ConversionMappingOut:
    """Get the mapping in force, with the fields that it may read and fill."""
    latest = await VERSIONS.latest(tx, LEAD_CONVERSION)
    content = DEFAULT_MAPPING if latest is None else latest.content
    return ConversionMappingOut(
        version=0 if latest is None else latest.number,
        mapping=dict(content),
        published=None if latest is None else RuleVersionOut.model_validate(latest),
        targets=ConversionTargetOut.all(),
        sources=list(LEAD_FIELDS),
    )


@router.post("/conversion-mapping/check", dependencies=READ, openapi_extra=READ_ONLY)
async def conversion_mapping_check(body: ConversionMappingIn, tx: Tx) -> ConversionMappingCheckOut:
    """Check a mapping as publishing does; nothing is stored."""
    read_mapping(body.mapping, await views.custom_types(tx), at="/mapping")
    return ConversionMappingCheckOut(targets=[one["target"] for one in body.mapping["fields"]])


@router.get("/conversion-mapping/versions", dependencies=READ)
async def conversion_mapping_version_list(tx: Tx, page: PageParams) -> Page[RuleVersionOut]:
    """List the versions of the mapping, newest first."""
    query = VERSIONS.query(LEAD_CONVERSION)
    return await fetch_page(tx, query, page, shape=lambda row: RuleVersionOut(**row))


@router.get("/conversion-mapping/versions/{number}", dependencies=READ)
async def conversion_mapping_version_get(
    number: VersionNumber, tx: Tx
) -> ConversionMappingVersionDetails:
    """Get a version of the mapping."""
    version = await VERSIONS.get(tx, LEAD_CONVERSION, number)
    published: Any = RuleVersionOut.model_validate(version).model_dump()
    return ConversionMappingVersionDetails(**published, mapping=dict(version.content))


@router.post("/conversion-mapping/versions", status_code=201, dependencies=WRITE)
async def conversion_mapping_publish(
    body: ConversionMappingVersionIn, command: CreateCommand
) -> RuleVersionOut:
    """Publish a mapping as the next version, which is in force at once.

    Answers 409 `RULE_VERSION_STALE` if another version was published meanwhile, and the latest
    version if it has this mapping already. A conversion that runs keeps the version it began with.
    """
    read_mapping(body.mapping, await views.custom_types(command.tx), at="/mapping")
    version = await publish_mapping(command, body.mapping, based_on=body.based_on, note=body.note)
    return RuleVersionOut.model_validate(version)


@router.post("/conversion-mapping/versions/{number}/restore", status_code=201, dependencies=WRITE)
async def conversion_mapping_restore(
    number: VersionNumber, body: RuleRestoreIn, command: CreateCommand
) -> RuleVersionOut:
    """Publish the mapping of an earlier version again, as the next version."""
    version = await restore_mapping(command, number, based_on=body.based_on, note=body.note)
    return RuleVersionOut.model_validate(version)


@router.post(
    "/leads/{lead_id}/convert/preview",
    dependencies=[may_read(LEADS)],
    openapi_extra=READ_ONLY,
    summary="Show the records that a lead would become",
)
async def lead_convert_preview(
    lead_id: UUID, tx: Tx, body: ConversionPreviewIn | None = None
) -> ConversionPreviewOut:
    """Map the fields of a lead as its conversion would; nothing is stored."""
    preview = body or ConversionPreviewIn()
    preview.request().ensure_possible()
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    number = await views.mapping_number(tx)
    mapping = (
        await views.mapping_of(tx, number)
        if preview.mapping is None
        else read_mapping(preview.mapping, await views.custom_types(tx), at="/mapping")
    )
    return ConversionPreviewOut.of(
        mapping.mapped(lead.state()),
        preview,
        version=number if preview.mapping is None else None,
        default_name=lead.display_name,
    )
