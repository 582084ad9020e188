"""The commands that create the records of a converted lead, or see to it that none are created."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
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
from contracts.mtl.events import ConversionCancelled, LeadConverted
from contracts.work import RecordRef
from kernel.errors import DomainError, Invalid, NotYet
from l2o.accounts import store as accounts
from l2o.accounts.actions import create_account
from l2o.accounts.domain import Account
from l2o.contacts import store as contacts
from l2o.contacts.actions import create_contact
from l2o.contacts.domain import Contact
from l2o.conversions import store, views
from l2o.conversions.domain import (
    ACCOUNT,
    ACCOUNT_NOT_FOUND,
    CONTACT,
    CONTACT_NOT_FOUND,
    CUSTOM_FIELDS,
    FIELDS_INVALID,
    FIELDS_MISSING,
    KNOWN_REFUSALS,
    OPPORTUNITY,
    REFUSED,
    RESOURCES,
    Conversion,
    RecordFields,
    cancelled_conversion,
    conversion_from_event,
    creates,
    trail_of,
)
from l2o.opportunities.actions.records import open_opportunity
from l2o.opportunities.domain import Opportunity

ReadFields = Callable[[LeadConverted], RecordFields]
Made = tuple[RecordRef, str, str | None]  # a record, its name and its owner


async def convert_lead(
    tx: AsyncConnection,
    event: LeadConverted,
    read_fields: ReadFields,
    *,
    answers_again: bool = False,
) -> None:
    """Create account, contact and opportunity, or reject the conversion; publish the outcome.

    A conversion is processed once: its id tells a repetition even if the event has another id. With
    `answers_again` the outcome of a processed one is published again. Either all records are
    created or none: what refuses one of them rejects the conversion. `read_fields` returns the
    fields of the event, or raises Invalid.
    """
    conversion = conversion_from_event(event)
    if not await store.add_once(tx, conversion):
        if answers_again:
            await _answer_again(tx, conversion)
        return
    missing = await _missing(tx, event)
    if missing is not None:
        conversion = conversion.rejected(missing)
    else:
        conversion = await _with_records(tx, event, read_fields, conversion)
    if conversion.rejected_for is not None:
        await store.set_outcome(tx, conversion)
    await publish(tx, conversion.event(), of=conversion)


async def cancel_conversion(tx: AsyncConnection, event: ConversionCancelled) -> None:
    """Reject a conversion before it arrives; if it was processed, publish its outcome again."""
    conversion = cancelled_conversion(event)
    if await store.add_once(tx, conversion):
        await publish(tx, conversion.event(), of=conversion)
    else:
        await _answer_again(tx, conversion)


async def _answer_again(tx: AsyncConnection, conversion: Conversion) -> None:
    stored = await store.next_version(tx, conversion.id)
    await publish(tx, stored.event(), of=stored)


async def _missing(tx: AsyncConnection, event: LeadConverted) -> str | None:
    """Return why the existing account or contact cannot be used; lock the account otherwise.

    It must be visible to the converting person, and so its contacts are.
    """
    if not event.existing_account:
        return None
    visibility = EVERYTHING
    if not event.sees_all:
        person, at = event.converted_by, event.converted_at
        visibility = Visibility() if person is None else await directory_visibility(tx, person, at)
    if await accounts.lock_for_update(tx, event.account_id, visibility) is None:
        return ACCOUNT_NOT_FOUND
    if event.existing_contact and not await contacts.belongs_to_account(
        tx, event.contact_id, event.account_id
    ):
        return CONTACT_NOT_FOUND
    return None


async def _with_records(
    tx: AsyncConnection, event: LeadConverted, read_fields: ReadFields, conversion: Conversion
) -> Conversion:
    """Create the records; if one is refused, create none and return the conversion rejected."""
    try:
        async with tx.begin_nested():
            await _create_records(tx, event, read_fields(event))
            await store.add_trail(tx, trail_of(event))
    except NotYet:
        raise
    except Invalid as invalid:
        fields = await views.rejected_fields(tx, invalid.violations)
        is_missing = all(one.code == "REQUIRED" for one in invalid.violations)
        return conversion.rejected(FIELDS_MISSING if is_missing else FIELDS_INVALID, fields)
    except DomainError as refused:
        known = refused.code if refused.code in KNOWN_REFUSALS else REFUSED
        return conversion.rejected(known)
    return conversion


async def _create_records(tx: AsyncConnection, event: LeadConverted, fields: RecordFields) -> None:
    actor, now = event.converted_by, event.converted_at
    ownership = await eligible_owner(tx, event.lead.owner_id, acting=actor)
    # Who converted the lead saw the accounts like it, and chose a new one.
    command = Command(tx, now, actor=actor, confirmed=True)
    common = {"owner_id": ownership.owner_id, "created_at": now, "updated_at": now}
    wanted, made = creates(event), list[Made]()
    async with ownership_explained(tx, ownership):
        for record, given, create in (
            (ACCOUNT, fields.account, _create_account),
            (CONTACT, fields.contact, _create_contact),
            (OPPORTUNITY, fields.opportunity, _create_opportunity),
        ):
            if record in wanted:
                with _violations_of(record):
                    custom = await _custom_fields(tx, event, record, given)
                    values = {**given, **common, CUSTOM_FIELDS: custom}
                    made.append(await create(command, event, values))
    for about, name, owner_id in made:
        # The contact of an account that exists may belong to somebody else.
        own = ownership if owner_id == ownership.owner_id else Ownership(owner_id)
        await announce_ownership(tx, about, name=name, ownership=own, actor=actor)


@contextmanager
def _violations_of(record: str) -> Iterator[None]:
    """Name the record in the pointers of violations."""
    try:
        yield
    except Invalid as invalid:
        raise Invalid(
            [replace(one, pointer=f"/{record}{one.pointer}") for one in invalid.violations]
        ) from None


async def _custom_fields(
    tx: AsyncConnection, event: LeadConverted, record: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those that the event gives, and for others the lead's fields of the same keys."""
    own: Mapping[str, Any] = given.get(CUSTOM_FIELDS, {})
    others = {key: value for key, value in event.lead.custom_fields.items() if key not in own}
    return {**await carried_custom_fields(tx, RESOURCES[record], others), **own}


async def _create_account(
    command: Command, event: LeadConverted, values: Mapping[str, Any]
) -> Made:
    account = Account(id=event.account_id, lead_id=event.lead.lead_id, **values)
    return _made(ACCOUNT, await create_account(command, account))


async def _create_contact(
    command: Command, event: LeadConverted, values: Mapping[str, Any]
) -> Made:
    contact = Contact(id=event.contact_id, account_id=event.account_id, **values)
    return _made(CONTACT, await create_contact(command, contact))


async def _create_opportunity(
    command: Command, event: LeadConverted, values: Mapping[str, Any]
) -> Made:
    opportunity = Opportunity(
        id=event.opportunity_id,
        account_id=event.account_id,
        contact_id=event.contact_id if CONTACT in event.records else None,
        lead_id=event.lead.lead_id,
        **values,
    )
    return _made(OPPORTUNITY, await open_opportunity(command, opportunity))


def _made(kind: str, record: Account | Contact | Opportunity) -> Made:
    about = RecordRef(resource=RESOURCES[kind], record_id=record.id)
    return about, record.display_name, record.owner_id
