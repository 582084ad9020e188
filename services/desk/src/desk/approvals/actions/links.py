"""Mails links to whoever is asked, by which they decide without signing in."""

from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date
from chassis.foundation.texts import Text
from chassis.records.access_keys.keys import issue_access_key
from chassis.records.access_keys.purposes import AccessPurpose
from chassis.records.tenant_settings import settings_of
from chassis.web.commands import Command
from contracts.approvals import declared_approval_kinds
from contracts.desk.messages import APPROVAL_LINK
from contracts.messages import MessageChannel
from contracts.work import RecordRef
from desk.approval_settings.domain import MOST_DAYS
from desk.approval_settings.store import settings_of_approvals
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import Seat
from desk.approvals.store import TASKS
from desk.messages.actions.queue import NewMessage
from desk.messages.actions.requests import queue_of_kind
from desk.roles.store import Approver, find_approver
from desk.settings import desk_settings

# It is for a seat as it is now: once the seat has changed, the link admits to nothing any more.
DECIDE_BY_LINK: Final = AccessPurpose(
    code="desk.approval_task.decide",
    title=Text("审批", "Decide on a request"),
    scoped=TASKS,
    lifetime=timedelta(days=MOST_DAYS),
    requests_per_minute=30,
)
UNNAMED: Final = "-"  # in the text of a mail: an asker who is no person of the tenant


async def mail_link(command: Command, approval: Approval, seat: Seat) -> None:
    """Mail a link to the person of a seat that has just been opened, where the tenant wants that.

    Whoever has no address gets none: their task is in the to-do list in any case.
    """
    settings = await settings_of_approvals(command.tx, command.now)
    page = desk_settings().link_page
    if not settings.mail_links or not page:
        return
    person = await find_approver(command.tx, seat.person)
    if person is None or person.email is None:
        return
    expires_at = command.now + timedelta(days=settings.link_days)
    issued = await issue_access_key(
        command.unconditional, DECIDE_BY_LINK, seat.id, expires_at=expires_at
    )
    timezone = (await settings_of(command.tx)).timezone
    variables = {
        "asker": await _name_of(command.tx, approval.requested_by),
        "kind": await _kind_in_words(command.tx, approval.kind),
        "record": approval.record_name,
        "url": page + issued.key,
        "until": business_date(expires_at, timezone),
    }
    new = NewMessage(
        template_code=APPROVAL_LINK.code,
        channel=MessageChannel.MAIL,
        recipient=person.email,
        variables=APPROVAL_LINK.values_json(variables),
        about=RecordRef(resource="desk.approval", record_id=approval.id),
    )
    await queue_of_kind(command, APPROVAL_LINK, new)


async def _name_of(tx: AsyncConnection, subject: str) -> str:
    found: Approver | None = await find_approver(tx, subject)
    return UNNAMED if found is None else found.name


async def _kind_in_words(tx: AsyncConnection, name: str) -> str:
    """Return what a kind is called in the tenant's first language, in which mails are written."""
    kind = declared_approval_kinds().get(name)
    is_english = (await settings_of(tx)).languages[:1] == ("en",)
    if kind is None:
        return "approval" if is_english else "审批"
    return kind.en if is_english else kind.zh
