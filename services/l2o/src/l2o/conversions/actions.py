"""What L2O does with a converted lead."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.visibility import EVERYTHING, Visibility, directory_visibility
from contracts.mtl.events import LeadConverted
from l2o.accounts import store as accounts
from l2o.accounts.actions import AccountDetails, create_account
from l2o.contacts.actions import ContactDetails, create_contact
from l2o.conversions import store
from l2o.conversions.domain import account_name, contact_name, conversion_of
from l2o.opportunities.actions import OpportunityDetails, open_opportunity


async def convert_lead(tx: AsyncConnection, event: LeadConverted) -> None:
    """Make the three of a lead, or reject it; a conversion known already changes nothing.

    Known by its own id: the same conversion may come again under the id of another event.
    """
    missing = event.existing_account and not await _is_seen(tx, event)
    conversion = conversion_of(event, rejected_for="ACCOUNT_NOT_FOUND" if missing else None)
    if not await store.claim(tx, conversion):
        return
    if not missing:
        await _make_three(tx, event)
    await publish(tx, conversion.event(), of=conversion)


async def _is_seen(tx: AsyncConnection, event: LeadConverted) -> bool:
    """Whether the account is there, and within the reach of whoever converts; it is locked then."""
    visibility = EVERYTHING
    if not event.sees_all:
        by, at = event.converted_by, event.converted_at
        visibility = Visibility() if by is None else await directory_visibility(tx, by, at)
    return await accounts.lock_here(tx, event.account_id, visibility) is not None


async def _make_three(tx: AsyncConnection, event: LeadConverted) -> None:
    lead, now = event.lead, event.converted_at
    owner = lead.owner_id or event.converted_by
    if not event.existing_account:
        await create_account(
            tx,
            AccountDetails(name=account_name(lead), phone=lead.phone),
            owner_id=owner,
            now=now,
            account_id=event.account_id,
            lead_id=lead.lead_id,
        )
    await create_contact(
        tx,
        ContactDetails(name=contact_name(lead), phone=lead.phone, email=lead.email),
        account_id=event.account_id,
        actor=owner,
        now=now,
        contact_id=event.contact_id,
    )
    await open_opportunity(
        tx,
        OpportunityDetails(
            account_id=event.account_id,
            contact_id=event.contact_id,
            name=event.opportunity_name,
        ),
        owner_id=owner,
        actor=event.converted_by,
        now=now,
        opportunity_id=event.opportunity_id,
        lead_id=lead.lead_id,
    )
