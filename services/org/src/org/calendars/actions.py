"""What can be done with a calendar."""

import asyncio
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from org.calendars import store
from org.calendars.domain import FIRST, LAST, Calendar, OwnDay


async def calendar_of(
    tx: AsyncConnection,
    country: str,
    *,
    language: str,
    start: date = FIRST,
    end: date = LAST,
) -> Calendar:
    """The calendar of the transaction's tenant; its own days are those of `[start, end)`."""
    # The first time a country is asked for takes 0.4 s of computing.
    official = await asyncio.to_thread(store.official, country, language)
    return Calendar(official, await store.own_days(tx, start, end))


async def put_day(tx: AsyncConnection, day: date, *, working: bool, name: str) -> OwnDay:
    """Say that a day is worked, or not."""
    own = OwnDay(id=new_id(), date=day, working=working, name=name)
    await store.put(tx, own)
    return own


async def remove_day(tx: AsyncConnection, day: date) -> None:
    """Leave a day to the law's calendar again; also one that was left to it already."""
    await store.remove(tx, day)
