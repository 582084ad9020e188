"""Recognizes people whose lead was converted: a converted lead does not block a new one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.work import NoticeKind, RecordRef
from mtl.accounts.store import ACCOUNTS
from mtl.leads import store
from mtl.leads.domain.keys import CONTACT_KINDS, LeadKey
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS, reservations
from mtl.leads.store.keys import key_digests, tenant_secret
from mtl.returning_customers import store as customers
from mtl.returning_customers.actions import remember_customer
from mtl.returning_customers.store import KeyDigest, ReturningCustomer

RETURNED: Final = NoticeKind(
    "CUSTOMER_RETURNED",
    zh="老客户 {name} 又有新的咨询，已生成新线索。",
    en="{name}, a customer already, has enquired again. There is a new lead.",
)


async def let_person_return(tx: AsyncConnection, lead: Lead) -> None:
    """Release the phones, mails and WeChat id of a converted lead, and remember its account.

    Its external id stays reserved, so that no import brings the lead again.
    """
    assert lead.account_id is not None
    await reservations.release_contact_keys(tx, lead)
    own = _contact_keys(lead)
    await remember_customer(tx, own, lead_id=lead.id, account_id=lead.account_id)


def _contact_keys(lead: Lead) -> list[LeadKey]:
    secret = tenant_secret(transaction_tenant())
    return [key for key in key_digests(secret, lead) if key.kind in CONTACT_KINDS]


async def recognized_leads(command: Command, leads: Sequence[Lead]) -> list[Lead]:
    """Return new leads with the accounts of their persons, and notify who owns these.

    A person is recognized by a phone, mail or WeChat id of a converted lead, else by a phone or
    mail of a contact of L2O.
    """
    keys = {lead.id: _keys_of_person(lead) for lead in leads}
    known = await customers.find(command.tx, {key for own in keys.values() for key in own})
    if not known:
        return list(leads)
    found = {
        lead_id: next(known[key] for key in own if key in known)
        for lead_id, own in keys.items()
        if any(key in known for key in own)
    }
    await _notify_owners(command, list(found.values()))
    return [
        replace(lead, returning_account_id=found[lead.id].account_id) if lead.id in found else lead
        for lead in leads
    ]


def _keys_of_person(lead: Lead) -> list[KeyDigest]:
    """Return all keys by which a person may be recognized; those of leads go first."""
    values = [(kind, value) for _, kind, value in lead.keyed_fields()]
    phones = [value for kind, value in values if kind == "phone"]
    mails = [value for kind, value in values if kind == "email"]
    return [*_contact_keys(lead), *customers.contact_keys(phones, mails)]


async def _notify_owners(command: Command, returned: Sequence[ReturningCustomer]) -> None:
    """Notify the owner of each account, or of its lead that was converted."""
    converted = await store.leads_by_id(
        command.tx, {one.lead_id for one in returned if one.lead_id is not None}
    )
    for customer in dict.fromkeys(returned):
        name: str | None
        lead = None if customer.lead_id is None else converted.get(customer.lead_id)
        if lead is not None:
            about = RecordRef(resource=LEADS.resource, record_id=lead.id)
            name, owner_id = lead.display_name, customer.account_owner_id or lead.owner_id
        else:
            about = RecordRef(resource=ACCOUNTS.resource, record_id=customer.account_id)
            name, owner_id = customer.account_name, customer.account_owner_id
        if name is not None and owner_id not in (None, command.actor):
            await notify(command.tx, RETURNED, about, recipient=owner_id, params={"name": name})
