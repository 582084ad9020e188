"""The HTTP API of timelines."""

from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BeforeValidator
from sqlalchemy import Column
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.guards import may_read, seen_beside
from chassis.records.access.visibility import Visibility
from chassis.records.codes import QueryInstant
from chassis.records.lists.filters import split_commas
from chassis.web.pages import DESC, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.opportunities.store import OPPORTUNITIES
from l2o.timelines.domain import TimelineKind
from l2o.timelines.schemas import TimelineCount, TimelineEntryOut, TimelinePage
from l2o.timelines.views import TimelineFilter, count_by_kind, timeline_query

router = new_router("/accounts", tag="timelines")
AT: Final = "at"
Kinds = Annotated[
    list[TimelineKind],
    BeforeValidator(split_commas),
    Query(alias="kind__in", description="Only entries of these kinds"),
]


def _wanted(
    kinds: Kinds = [],  # noqa: B006  # never changed
    since: Annotated[QueryInstant | None, Query(alias="at__gte")] = None,
    until: Annotated[QueryInstant | None, Query(alias="at__lt")] = None,
) -> TimelineFilter:
    return TimelineFilter(kinds=tuple(kinds), since=since, until=until)


@router.get(
    "/{account_id}/timeline",
    dependencies=[may_read(ACCOUNTS)],
    summary="All that happened with an account, newest first",
)
async def account_timeline(
    account_id: UUID,
    tx: Tx,
    page: PageParams,
    wanted: Annotated[TimelineFilter, Depends(_wanted)],
    seen: Annotated[Visibility, seen_beside(OPPORTUNITIES)],
    count_by: Annotated[
        Literal["kind"] | None, Query(description="Adds the number of entries of each kind")
    ] = None,
) -> TimelinePage:
    """List activities, changes of stage, quotes, orders, shipments, receivables and payments.

    Also the touches and follow-ups of the leads that became the account. Changes of stage and
    quotes are those of opportunities that the caller sees.
    """
    await ACCOUNT.get(tx, account_id, with_deleted=True)
    query = timeline_query(account_id, wanted, seen)
    newest_first = [(cast(Column[Any], query.selected_columns[AT]), DESC)]
    found = await fetch_page(tx, query, page, sort=newest_first, shape=TimelineEntryOut.of)
    counts = None if count_by is None else await _counts(tx, account_id, wanted, seen)
    return TimelinePage(items=found.items, next_cursor=found.next_cursor, counts=counts)


async def _counts(
    tx: AsyncConnection, account_id: UUID, wanted: TimelineFilter, seen: Visibility
) -> list[TimelineCount]:
    numbers = await count_by_kind(tx, account_id, wanted, seen)
    return [TimelineCount(kind=kind, count=number) for kind, number in numbers.items()]


ROUTERS = (router,)
