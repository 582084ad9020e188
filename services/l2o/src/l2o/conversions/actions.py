"""The command that creates the records of a converted lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.ownership import (
    Ownership,
    announce_ownership,
    eligible_owner,
    ownership_explained,
)
from chassis.records.access.visibility import EVERYTHING, Visibility, directory_visibility
from chassis.records.custom_fields.values import carried_custom_fields
from chassis.web.commands import Command
from contracts.mtl.events import LeadConverted
from contracts.work import RecordRef
from kernel.errors import Invalid
from l2o.accounts import store as accounts
from l2o.accounts.actions import create_account
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNTS
from l2o.contacts.actions import create_contact
from l2o.contacts.domain import Contact
from l2o.contacts.store import CONTACT
from l2o.conversions import store
from l2o.conversions.domain import account_name, contact_name, conversion_from_event
from l2o.opportunities.actions.records import open_opportunity
from l2o.opportunities.domain import Opportunity
from l2o.opportunities.store import OPPORTUNITY

FIELDS_MISSING = "CONVERSION_FIELDS_MISSING"


@dataclass(frozen=True)
class _CarriedFields:
    """The custom fields of the new records, taken over from the lead by their keys."""

    account: Mapping[str, Any]
    contact: Mapping[str, Any]
    opportunity: Mapping[str, Any]


async def convert_lead(tx: AsyncConnection, event: LeadConverted) -> None:
    """Create account, contact and opportunity, or reject the conversion; publish the outcome.

    A conversion is processed once: its id tells a repetition even if the event has another id.
    Custom fields of the lead go to the fields of the same keys; where a required field gets no
    value, the conversion is rejected.
    """
    rejected_for, carried = None, None
    if event.existing_account and not await _lock_existing_account(tx, event):
        rejected_for = "ACCOUNT_NOT_FOUND"
    else:
        carried = await _carried_fields(tx, event)
        rejected_for = FIELDS_MISSING if carried is None else None
    conversion = conversion_from_event(event, rejected_for=rejected_for)
    if not await store.add_once(tx, conversion):
        return
    if carried is not None:
        await _create_records(tx, event, carried)
    await publish(tx, conversion.event(), of=conversion)


async def _carried_fields(tx: AsyncConnection, event: LeadConverted) -> _CarriedFields | None:
    """Return the custom fields of the records to create; None if a required one gets no value."""
    given = event.lead.custom_fields
    try:
        return _CarriedFields(
            account={}
            if event.existing_account
            else await carried_custom_fields(tx, ACCOUNTS.resource, given),
            contact=await carried_custom_fields(tx, CONTACT.scoped.resource, given),
            opportunity=await carried_custom_fields(tx, OPPORTUNITY.scoped.resource, given),
        )
    except Invalid:
        return None


async def _lock_existing_account(tx: AsyncConnection, event: LeadConverted) -> bool:
    """Lock the account; False if it does not exist or is not visible to the converting person."""
    visibility = EVERYTHING
    if not event.sees_all:
        person, at = event.converted_by, event.converted_at
        visibility = Visibility() if person is None else await directory_visibility(tx, person, at)
    return await accounts.lock_for_update(tx, event.account_id, visibility) is not None


async def _create_records(
    tx: AsyncConnection, event: LeadConverted, carried: _CarriedFields
) -> None:
    lead, now = event.lead, event.converted_at
    actor = event.converted_by
    ownership = await eligible_owner(tx, lead.owner_id, acting=actor)
    command = Command(tx, now, actor=actor)
    common = {"owner_id": ownership.owner_id, "created_at": now, "updated_at": now}
    async with ownership_explained(tx, ownership):
        made = await _made_records(command, event, carried, common)
    for about, name, owner_id in made:
        # The contact of an account that exists may belong to somebody else.
        own = ownership if owner_id == ownership.owner_id else Ownership(owner_id)
        await announce_ownership(tx, about, name=name, ownership=own, actor=actor)


async def _made_records(
    command: Command, event: LeadConverted, carried: _CarriedFields, common: Mapping[str, Any]
) -> list[tuple[RecordRef, str, str | None]]:
    """Create the records; return each with its name and its owner."""
    lead, made = event.lead, list[tuple[RecordRef, str, str | None]]()
    if not event.existing_account:
        account = Account(
            id=event.account_id,
            name=account_name(lead),
            phone=lead.phone,
            custom_fields=carried.account,
            lead_id=lead.lead_id,
            **common,
        )
        await create_account(command, account)
        made.append(_made(ACCOUNTS.resource, account))
    contact = Contact(
        id=event.contact_id,
        account_id=event.account_id,
        name=contact_name(lead),
        phone=lead.phone,
        email=lead.email,
        custom_fields=carried.contact,
        **common,
    )
    contact = await create_contact(command, contact)
    made.append(_made(CONTACT.scoped.resource, contact))
    opportunity = Opportunity(
        id=event.opportunity_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        lead_id=lead.lead_id,
        name=event.opportunity_name,
        custom_fields=carried.opportunity,
        **common,
    )
    await open_opportunity(command, opportunity)
    made.append(_made(OPPORTUNITY.scoped.resource, opportunity))
    return made


def _made(
    resource: str, record: Account | Contact | Opportunity
) -> tuple[RecordRef, str, str | None]:
    about = RecordRef(resource=resource, record_id=record.id)
    return about, record.display_name, record.owner_id
