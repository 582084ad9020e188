"""Expansion: the records to which an answer refers, inside the answer (`expand=account.parent`).

What can be expanded are the fields that a model declares as `Expandable`, at most two deep. A
caller gets a record only where they may read it; otherwise its field stays out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import false, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import EVERY_SERVICE, find_named_table
from chassis.database.rows import fetch_mappings, is_one_of
from chassis.foundation.clock import Now
from chassis.records import tenant_settings
from chassis.records.access.visibility import EVERYTHING, visibility_of
from chassis.records.lists.filters import ID_IN
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing, RowShape, listings_of
from chassis.records.lists.parameters import expand_description, some_of
from chassis.web.auth import Caller, Principal
from chassis.web.references import Reference, expandable_paths, models_at, references_of

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Expansion:
    """Expands answers for a caller; `paths`, such as `account.parent`, are those of the request."""

    caller: Principal
    now: datetime
    paths: Sequence[str] = ()

    async def expand(
        self, tx: AsyncConnection, answer: Any, paths: Sequence[str] | None = None
    ) -> None:
        """Read the records of all paths into an answer: one query for each step of a path."""
        for path in _prefixes(self.paths if paths is None else paths):
            *above, name = path
            holders = list(models_at(answer, above))
            for reference in {r for h in holders for r in references_of(type(h))}:
                if reference.record_field == name:
                    await self._expand(tx, holders, reference)

    async def expanded(self, tx: AsyncConnection, answer: M) -> M:
        """Return the answer with the records of the request's paths in it."""
        await self.expand(tx, answer)
        return answer

    async def _expand(
        self, tx: AsyncConnection, holders: Iterable[BaseModel], reference: Reference
    ) -> None:
        of_reference = [h for h in holders if reference in references_of(type(h))]
        ids = {key for holder in of_reference for key in reference.ids_in(holder)}
        records = await self._read(tx, reference, ids) if ids else {}
        for holder in of_reference:
            keys = reference.ids_in(holder)
            found = [records[key] for key in keys if key in records]
            shown: Any = next(iter(found), None)
            if reference.is_many:
                has_none = not keys and getattr(holder, reference.field) is not None
                shown = found if found or has_none else None
            setattr(holder, reference.record_field or "", shown)

    async def _read(
        self, tx: AsyncConnection, reference: Reference, ids: set[Any]
    ) -> dict[Any, BaseModel]:
        listing = _listing_of(reference)
        if listing is not None:
            return await self._read_listed(tx, listing, ids)
        return await self._read_replica(tx, reference, ids)

    async def _read_listed(
        self, tx: AsyncConnection, listing: Listing[Any], ids: set[Any]
    ) -> dict[Any, BaseModel]:
        """Read the records as their own list shows them, without deleted ones."""
        visibility = EVERYTHING
        if not self.caller.may(f"{listing.resource}.read"):
            return {}
        if listing.scoped is not None:
            visibility = await visibility_of(tx, self.caller, listing.resource, self.now)
        query = ListQuery(values={ID_IN: sorted(ids)}, scopes=self.caller.scopes)
        search = await listing.search(tx, query, visibility)
        shape = listing.restricted.shape(query, await row_shape(tx, listing, self.now))
        rows = await fetch_mappings(tx, search.page(None, len(ids)))
        return {row["id"]: shape(row) for row in rows}

    async def _read_replica(
        self, tx: AsyncConnection, reference: Reference, ids: set[Any]
    ) -> dict[Any, BaseModel]:
        """Read the records from the service's replica of them, without deleted ones."""
        refers_to = reference.refers_to
        named = find_named_table(reference.service, refers_to.resource)
        model = reference.record_model
        assert named is not None
        assert model is not None
        is_public = named == find_named_table(EVERY_SERVICE, refers_to.resource)
        if not is_public and not self.caller.may(f"{refers_to.resource}.read"):
            return {}
        key = named.table.c[refers_to.key]
        query = select(named.table).where(
            is_one_of(key, sorted(ids)),
            named.table.c.get("deleted", false()).is_(False),
        )
        rows = (await tx.execute(query)).mappings()
        return {row[key.name]: model.model_validate(dict(row)) for row in rows}


async def row_shape(tx: AsyncConnection, listing: Listing[Any], now: datetime) -> RowShape:
    """Return how the API shows a row of a list, on the tenant's business day."""
    if listing.by_day is None:
        return listing.shape
    return listing.by_day(await tenant_settings.today(tx, now))


def _prefixes(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """Return every step of these paths, so that a record is read before those below it."""
    steps = (path.split(".") for path in paths)
    prefixes = {tuple(step[: n + 1]) for step in steps for n in range(len(step))}
    return sorted(prefixes, key=lambda prefix: (len(prefix), prefix))


def _listing_of(reference: Reference) -> Listing[Any] | None:
    """Return the list that shows the records of a reference; None for those of a replica."""
    for listing in listings_of(reference.service):
        is_same = listing.resource == reference.refers_to.resource
        if is_same and listing.shows is reference.record_model:
            return listing
    return None


def expansion_of(answer: type[BaseModel]) -> Any:
    """Return the dependency of routes with the parameter `expand`: `Annotated[Expansion, ...]`."""
    paths = expandable_paths(answer)

    async def expansion(
        caller: Caller,
        now: Now,
        expand: Annotated[
            str | None, some_of(paths), Query(description=expand_description(paths))
        ] = None,
    ) -> Expansion:
        return Expansion(caller, now, expand.split(",") if expand else ())

    async def no_expansion(caller: Caller, now: Now) -> Expansion:
        return Expansion(caller, now)

    return Depends(expansion if paths else no_expansion)
