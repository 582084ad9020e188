"""The routes of code lists; every signed-in caller with the scope may read them."""

from typing import Annotated

from fastapi import Depends, Path, Query

from chassis.foundation.context import current
from chassis.web.auth import allow
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from kernel.errors import NotFound
from org.references import store
from org.references.domain import CodeListEntry
from org.references.schemas import (
    CodeListEntryOut,
    CodeListOut,
    CurrenciesOut,
    CurrencyOut,
    RegionOut,
    RegionPathOut,
    RegionsOut,
)

router = new_router("/references", tag="references")
READ = [allow("org.reference.read"), Depends(reject_unknown_parameters)]
REGION_CODE_PATTERN = r"^[0-9]{6}$"


@router.get("/currencies", dependencies=READ)
async def reference_currencies() -> CurrenciesOut:
    """List the active currencies of ISO 4217."""
    items = [
        CurrencyOut(**_localized(item), symbol=item.symbol, digits=item.digits)
        for item in store.currencies()
    ]
    return CurrenciesOut(items=items)


@router.get("/countries", dependencies=READ)
async def reference_countries() -> CodeListOut:
    """List the countries and areas of ISO 3166-1."""
    return _entries(store.countries())


@router.get("/languages", dependencies=READ)
async def reference_languages() -> CodeListOut:
    """List the languages of the system's texts."""
    return _entries(store.languages())


@router.get("/regions", dependencies=READ)
async def reference_regions(
    parent: Annotated[str | None, Query(pattern=REGION_CODE_PATTERN, examples=["310100"])] = None,
) -> RegionsOut:
    """List the divisions of China directly below another one, or the provinces."""
    if parent is not None and store.region(parent) is None:
        raise NotFound("region", parent)
    items = [RegionOut.model_validate(item) for item in store.regions(parent)]
    return RegionsOut(items=items, revision=store.revision())


@router.get("/regions/{code}", dependencies=READ)
async def reference_region(
    code: Annotated[str, Path(pattern=REGION_CODE_PATTERN)],
) -> RegionPathOut:
    """Read a division of China with the divisions it belongs to, the province first.

    A code that is no longer in use is found too, with its successors.
    """
    path: list[RegionOut] = []
    region = store.region(code)
    if region is None:
        raise NotFound("region", code)
    successors = [RegionOut.model_validate(store.region(one)) for one in region.successors]
    while region is not None:
        path.insert(0, RegionOut.model_validate(region))
        region = store.region(region.parent) if region.parent else None
    return RegionPathOut(items=path, successors=successors)


def _entries(entries: tuple[CodeListEntry, ...]) -> CodeListOut:
    return CodeListOut(items=[CodeListEntryOut(**_localized(item)) for item in entries])


def _localized(entry: CodeListEntry) -> dict[str, str]:
    name = entry.en if current().language == "en" else entry.zh
    return {"code": entry.code, "name": name, "name_zh": entry.zh, "name_en": entry.en}
