"""Routes that list and change the number formats of a service's document types."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.clock import Now
from chassis.records.audit.routes import AuditEntryOut, audit_page
from chassis.records.numbers.number_formats import (
    NumberFormat,
    NumberMode,
    YearStyle,
    number_format_of,
    save_number_format,
)
from chassis.web.auth import Caller, allow
from chassis.web.pages import Page, PageParams
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import NotFound


class NumberFormatIn(BaseModel):
    """The new number format of a document type; omitted fields take the default."""

    model_config = ConfigDict(extra="forbid")
    prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,10}$", examples=["Q"])]
    year: YearStyle = YearStyle.LONG
    width: Annotated[int, Field(ge=1, le=12, strict=True)] = 6
    separator: Annotated[str, Field(pattern=r"^[-/._]?$")] = "-"
    mode: NumberMode = NumberMode.GAPLESS


class NumberFormatOut(BaseModel):
    """A document type's format with an example; `is_default` marks the service's default."""

    model_config = ConfigDict(from_attributes=True)
    type: str = Field(description="The name of the documents' resource", examples=["cpq.quote"])
    prefix: str
    year: YearStyle
    width: int
    separator: str
    mode: NumberMode
    is_default: bool
    example: str
    version: int = Field(description="0 for the service's default")


class NumberFormatList(BaseModel):
    items: list[NumberFormatOut]


def number_format_router(service: str, prefixes: Mapping[str, str]) -> APIRouter:
    """Return the routes `/number-formats`; `prefixes` maps the documents: `{"cpq.quote": "Q"}`."""
    router = new_router("/number-formats", tag="number formats")
    read, write = (allow(f"{service}.number_format.{verb}") for verb in ("read", "write"))
    resource = f"{service}.number_format"
    defaults = {type: NumberFormat(type=type, prefix=one) for type, one in prefixes.items()}

    def default_format(type: str) -> NumberFormat:
        """Return the default format of a document type. Raises NotFound."""
        if type not in defaults:
            raise NotFound("number_format", type)
        return defaults[type]

    @router.get("", dependencies=[read])
    async def number_format_list(tx: Tx, now: Now) -> NumberFormatList:
        """List the document types of this service with their number formats."""
        formats = [await number_format_of(tx, default) for default in defaults.values()]
        return NumberFormatList(
            items=[_response(number_format, now.year) for number_format in formats]
        )

    @router.get("/{type}", dependencies=[read])
    async def number_format_get(
        default: Annotated[NumberFormat, Depends(default_format)], tx: Tx, now: Now
    ) -> NumberFormatOut:
        """Get the number format of a document type."""
        return _response(await number_format_of(tx, default), now.year)

    @router.put("/{type}", dependencies=[write])
    async def number_format_put(
        default: Annotated[NumberFormat, Depends(default_format)],
        body: NumberFormatIn,
        tx: Tx,
        now: Now,
        if_match: IfMatch,
    ) -> NumberFormatOut:
        """Change the number format of a document type; existing numbers stay."""
        edited = NumberFormat(type=default.type, **body.model_dump())
        saved = await save_number_format(tx, edited, default, expected=if_match, now=now)
        return _response(saved, now.year)

    @router.get("/{type}/audit", dependencies=[read])
    async def number_format_audit(
        default: Annotated[NumberFormat, Depends(default_format)],
        tx: Tx,
        page: PageParams,
        caller: Caller,
    ) -> Page[AuditEntryOut]:
        """List the changes of the number format of a document type, newest first."""
        return await audit_page(tx, page, resource, caller.tenant_id, part_id=default.type)

    return router


def _response(number_format: NumberFormat, year: int) -> NumberFormatOut:
    example = number_format.written(1, date(year, 1, 1))
    return NumberFormatOut(
        type=number_format.type,
        prefix=number_format.prefix,
        year=number_format.year,
        width=number_format.width,
        separator=number_format.separator,
        mode=number_format.mode,
        is_default=number_format.version == 0,
        example=example,
        version=number_format.version,
    )
