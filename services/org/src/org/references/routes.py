"""Code lists over HTTP; anybody who is signed in may read them."""

from typing import Annotated

from fastapi import Depends, Path, Query

from chassis.foundation.context import current
from chassis.web.auth import allow
from chassis.web.pages import only_known_parameters
from chassis.web.routing import new_router
from kernel.errors import NotFound
from org.references import store
from org.references.domain import Entry
from org.references.schemas import (
    CurrenciesOut,
    CurrencyOut,
    EntriesOut,
    EntryOut,
    RegionOut,
    RegionPathOut,
    RegionsOut,
)

router = new_router("/references", tag="references")
READ = [allow("org.reference.read"), Depends(only_known_parameters)]
REGION = r"^[0-9]{6}$"


@router.get("/currencies", dependencies=READ)
async def reference_currencies() -> CurrenciesOut:
    """The active currencies of ISO 4217."""
    items = [
        CurrencyOut(**_named(each), symbol=each.symbol, digits=each.digits)
        for each in store.currencies()
    ]
    return CurrenciesOut(items=items)


@router.get("/countries", dependencies=READ)
async def reference_countries() -> EntriesOut:
    """The countries and areas of ISO 3166-1."""
    return _entries(store.countries())


@router.get("/languages", dependencies=READ)
async def reference_languages() -> EntriesOut:
    """The languages our texts come in."""
    return _entries(store.languages())


@router.get("/regions", dependencies=READ)
async def reference_regions(
    parent: Annotated[str | None, Query(pattern=REGION, examples=["310100"])] = None,
) -> RegionsOut:
    """The divisions of China right below another, or the provinces."""
    if parent is not None and store.region(parent) is None:
        raise NotFound("region", parent)
    items = [RegionOut.model_validate(each) for each in store.regions(parent)]
    return RegionsOut(items=items, revision=store.REVISION)


@router.get("/regions/{code}", dependencies=READ)
async def reference_region(code: Annotated[str, Path(pattern=REGION)]) -> RegionPathOut:
    """A division of China with those it lies in."""
    path: list[RegionOut] = []
    step = store.region(code)
    if step is None:
        raise NotFound("region", code)
    while step is not None:
        path.insert(0, RegionOut.model_validate(step))
        step = store.region(step.parent) if step.parent else None
    return RegionPathOut(items=path)


def _entries(entries: tuple[Entry, ...]) -> EntriesOut:
    return EntriesOut(items=[EntryOut(**_named(each)) for each in entries])


def _named(entry: Entry) -> dict[str, str]:
    name = entry.en if current().language == "en" else entry.zh
    return {"code": entry.code, "name": name, "name_zh": entry.zh, "name_en": entry.en}
