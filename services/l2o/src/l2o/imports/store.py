"""What the names in files stand for: of countries, people, products and accounts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from babel import Locale
from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from chassis.records.access.visibility import Visibility, visible
from l2o.accounts.store import ACCOUNTS, accounts
from l2o.products.store import products

_LANGUAGES = (Locale("en"), Locale("zh", script="Hans"))
_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_ALSO = {"usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB"}


@cache
def _countries() -> dict[str, str]:
    """Codes by code and by name, in English and in Chinese."""
    named = {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in language.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return {**{code.casefold(): code for code in named.values()}, **named, **_ALSO}


def country_code(name: str) -> str | None:
    """The ISO 3166-1 code of a country; None for a name that no country or more than one has."""
    return _countries().get(name.casefold())


async def accounts_named(
    tx: AsyncConnection, names: Collection[str], visibility: Visibility
) -> dict[str, list[UUID]]:
    """The accounts within reach, by name; several may bear the same. Nobody deletes them now."""
    seen = accounts.c.deleted_at.is_(None) & visible(ACCOUNTS, visibility)
    found = await tx.execute(_named(accounts, names, seen).with_for_update(read=True))
    return _grouped((row.name, row.id) for row in found)


async def active_people(tx: AsyncConnection, names: Collection[str]) -> dict[str, list[str]]:
    """The subjects of active people, by name; whoever bears it twice is nobody's guess."""
    found = await tx.execute(_named(people, names, people.c.active & ~people.c.deleted))
    return _grouped((row.name, row.subject) for row in found)


@dataclass(frozen=True)
class Sold:
    """The products of the catalogue."""

    by_name: Mapping[str, Sequence[UUID]]
    by_sku: Mapping[str, Sequence[UUID]]


async def all_products(tx: AsyncConnection) -> Sold:
    """All of them, as a name may be spelt otherwise."""
    rows = (await tx.execute(select(products).where(~products.c.deleted))).all()
    by_sku = _grouped((row.sku, row.id) for row in rows)
    return Sold(_grouped((row.name, row.id) for row in rows), by_sku)


def _named(table: Table, names: Collection[str], there: ColumnElement[bool]) -> Select[Any]:
    return select(table).where(table.c.name.in_(sorted(names)), there).order_by(table.c.id)


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for name, key in pairs:
        grouped.setdefault(name, []).append(key)
    return grouped
