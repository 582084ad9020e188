"""The command that creates the records of a converted lead."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.visibility import EVERYTHING, Visibility, directory_visibility
from chassis.web.commands import Command
from contracts.mtl.events import LeadConverted
from l2o.accounts import store as accounts
from l2o.accounts.actions import create_account
from l2o.accounts.domain import Account
from l2o.contacts.actions import create_contact
from l2o.contacts.domain import Contact
from l2o.conversions import store
from l2o.conversions.domain import account_name, contact_name, conversion_from_event
from l2o.opportunities.actions.records import open_opportunity
from l2o.opportunities.domain import Opportunity


async def convert_lead(tx: AsyncConnection, event: LeadConverted) -> None:
    """Create account, contact and opportunity, or reject the conversion; publish the outcome.

    A conversion is processed once: its id tells a repetition even if the event has another id.
    """
    rejected = event.existing_account and not await _lock_existing_account(tx, event)
    conversion = conversion_from_event(
        event, rejected_for="ACCOUNT_NOT_FOUND" if rejected else None
    )
    if not await store.add_once(tx, conversion):
        return
    if not rejected:
        await _create_records(tx, event)
    await publish(tx, conversion.event(), of=conversion)


async def _lock_existing_account(tx: AsyncConnection, event: LeadConverted) -> bool:
    """Lock the account; False if it does not exist or is not visible to the converting person."""
    visibility = EVERYTHING
    if not event.sees_all:
        person, at = event.converted_by, event.converted_at
        visibility = Visibility() if person is None else await directory_visibility(tx, person, at)
    return await accounts.lock_for_update(tx, event.account_id, visibility) is not None


async def _create_records(tx: AsyncConnection, event: LeadConverted) -> None:
    lead, now = event.lead, event.converted_at
    owner = lead.owner_id or event.converted_by
    command = Command(tx, now, actor=event.converted_by)
    if not event.existing_account:
        account = Account(
            id=event.account_id,
            name=account_name(lead),
            phone=lead.phone,
            lead_id=lead.lead_id,
            owner_id=owner,
            created_at=now,
            updated_at=now,
        )
        await create_account(command, account, validate=False)
    contact = Contact(
        id=event.contact_id,
        account_id=event.account_id,
        name=contact_name(lead),
        phone=lead.phone,
        email=lead.email,
        owner_id=owner,
        created_at=now,
        updated_at=now,
    )
    await create_contact(command, contact, validate=False)
    opportunity = Opportunity(
        id=event.opportunity_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        lead_id=lead.lead_id,
        name=event.opportunity_name,
        owner_id=owner,
        created_at=now,
        updated_at=now,
    )
    await open_opportunity(command, opportunity, validate=False)
