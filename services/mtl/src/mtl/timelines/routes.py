"""The HTTP API of timelines."""

from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Column

from chassis.records.access.guards import may_read
from chassis.web.pages import DESC, Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.leads.store import LEAD, LEADS
from mtl.timelines.schemas import TimelineEntryOut
from mtl.timelines.views import timeline_query

router = new_router("/leads", tag="timelines")
AT: Final = "at"


@router.get(
    "/{lead_id}/timeline",
    dependencies=[may_read(LEADS)],
    summary="All that happened to a lead, newest first",
)
async def lead_timeline(lead_id: UUID, tx: Tx, page: PageParams) -> Page[TimelineEntryOut]:
    """List touches, follow-ups, changes of status and owner, and the capture of a lead."""
    await LEAD.get(tx, lead_id, with_deleted=True)
    query = timeline_query(lead_id)
    newest_first = [(cast(Column[Any], query.selected_columns[AT]), DESC)]
    return await fetch_page(tx, query, page, sort=newest_first, shape=TimelineEntryOut.of)


ROUTERS = (router,)
