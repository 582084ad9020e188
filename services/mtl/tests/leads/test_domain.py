"""Status moves, events, and the assignment of keys to leads."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from contracts.event import Event
from contracts.mtl.events import LeadConverted
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.conversions.domain.conversion import Conversion, Trail, event_of
from mtl.leads.domain.keys import DuplicateLead, LeadKey, assign_keys
from mtl.leads.domain.lead import ConversionIds, Lead
from mtl.leads.domain.moves import (
    CONVERTED,
    FORBIDDEN_CODES,
    INVALID,
    LEAD_MOVES,
    MQL,
    NURTURE,
    RAW,
    SQL,
    InvalidReason,
    LeadMove,
    LeadStatus,
    RefusalReason,
)
from services.mtl.tests.factories import NOON, make_lead

WAKING_DAY = date(2027, 3, 1)
LATER = NOON + timedelta(hours=1)


def conversion_ids(*, account_id: UUID | None = None) -> ConversionIds:
    return ConversionIds(
        conversion_id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )


def convert(lead: Lead, ids: ConversionIds) -> tuple[Lead, LeadConverted]:
    """Convert a lead into all three records, with the event for no mapping."""
    converted = lead.convert(ids, now=NOON)
    conversion = Conversion(
        id=ids.conversion_id,
        lead_id=lead.id,
        account_id=ids.account_id,
        contact_id=ids.contact_id,
        opportunity_id=ids.opportunity_id,
        existing_account=ids.existing_account,
        existing_contact=ids.existing_contact,
        records=ids.records,
        mapping_version=0,
        converted_by="seller",
        converted_at=NOON,
        sees_all=False,
    )
    fields = dict[str, dict[str, str]](account={}, contact={}, opportunity={})
    return converted, event_of(converted, conversion, fields, Trail((), {}))


def test_only_the_moves_of_the_table_are_allowed() -> None:
    make_move: dict[LeadMove, Callable[[Lead], tuple[Lead, Event]]] = {
        LeadMove.HAND_OVER: lambda lead: lead.hand_over(now=NOON),
        LeadMove.QUALIFY: lambda lead: lead.qualify(now=NOON),
        LeadMove.REFUSE: lambda lead: lead.refuse(RefusalReason.TOO_EARLY, None, now=NOON),
        LeadMove.NURTURE: lambda lead: lead.nurture(WAKING_DAY, "next year", now=NOON),
        LeadMove.DISQUALIFY: lambda lead: lead.disqualify(InvalidReason.SPAM, None, now=NOON),
        LeadMove.REOPEN: lambda lead: lead.reopen("he called", now=NOON),
        LeadMove.CONVERT: lambda lead: convert(lead, conversion_ids()),
        LeadMove.TAKE_BACK: lambda lead: lead.take_back("ACCOUNT_NOT_FOUND", now=NOON),
    }
    allowed = {
        LeadMove.HAND_OVER: {RAW, NURTURE},
        LeadMove.QUALIFY: {RAW, MQL},
        LeadMove.REFUSE: {MQL},
        LeadMove.NURTURE: {RAW, MQL, SQL},
        LeadMove.DISQUALIFY: {RAW, MQL, SQL, NURTURE},
        LeadMove.REOPEN: {INVALID, NURTURE},
        LeadMove.CONVERT: {SQL},
        LeadMove.TAKE_BACK: {CONVERTED},
    }
    for move in LeadMove:
        for status in LeadStatus:
            lead = make_lead(status=status, conversion_id=new_id())
            if status in allowed[move]:
                moved, _event = make_move[move](lead)
                assert (moved.status, moved.has_made(move)) == (LEAD_MOVES.target(move), True)
            else:
                with pytest.raises(RuleBroken) as refused:
                    make_move[move](lead)
                assert (refused.value.code, refused.value.params) == (
                    FORBIDDEN_CODES[move],
                    {"status": status},
                )


def test_a_converted_lead_and_its_event_carry_the_ids() -> None:
    ids = conversion_ids()
    lead, event = convert(make_lead(status=SQL, status_reason="ACCOUNT_NOT_FOUND"), ids)
    assert (lead.conversion_id, lead.account_id) == (ids.conversion_id, ids.account_id)
    assert (lead.contact_id, lead.opportunity_id) == (ids.contact_id, ids.opportunity_id)
    assert (lead.converted_at, lead.status_reason) == (NOON, None)
    assert event == LeadConverted(
        lead=lead.state(),
        conversion_id=ids.conversion_id,
        account_id=ids.account_id,
        contact_id=ids.contact_id,
        opportunity_id=ids.opportunity_id,
        existing_account=False,
        opportunity_name="远景科技",
        converted_by="seller",
        converted_at=NOON,
        account_fields={},
        contact_fields={},
        opportunity_fields={},
    )
    assert event.lead.status == "CONVERTED"


def test_taking_a_conversion_back_removes_the_ids_and_publishes_the_conversion_id() -> None:
    ids = conversion_ids()
    converted, _ = convert(make_lead(status=SQL), ids)
    assert converted.is_converted_by(ids.conversion_id)
    assert not converted.is_converted_by(new_id())
    lead, event = converted.take_back("ACCOUNT_NOT_FOUND", now=NOON)
    assert (lead.status, lead.status_reason) == (SQL, "ACCOUNT_NOT_FOUND")
    assert (lead.conversion_id, lead.account_id, lead.converted_at) == (None, None, None)
    assert (event.conversion_id, event.reason) == (ids.conversion_id, "ACCOUNT_NOT_FOUND")
    assert not lead.is_converted_by(ids.conversion_id)


@pytest.mark.parametrize("status", [RAW, MQL, SQL, NURTURE, INVALID])
def test_only_a_converted_lead_refuses_changes(status: LeadStatus) -> None:
    make_lead(status=status).ensure_not_converted()
    with pytest.raises(RuleBroken, match="LEAD_CONVERTED"):
        make_lead(status=CONVERTED).ensure_not_converted()


def test_the_state_carries_every_value() -> None:
    lead = make_lead(custom_fields={"budget": "1"}, owner_id="seller")
    assert lead.state().custom_fields == {"budget": "1"}
    assert (lead.state().lead_id, lead.state().owner_id) == (lead.id, "seller")


def test_the_keys_of_a_lead_depend_on_its_status_and_deletion() -> None:
    values = {"phone": "+8613800138000", "email": "w@example.com", "external_id": "7"}
    lead = make_lead(**values)
    for status in (RAW, MQL, SQL, NURTURE, CONVERTED):
        assert replace(lead, status=status).key_values == list(values.items())
    assert replace(lead, status=INVALID).key_values == [("external_id", "7")]
    assert replace(lead, deleted_at=LATER).key_values == ()
    assert make_lead().key_values == []


def test_other_phones_and_mails_are_keys_too_but_not_the_switchboard() -> None:
    lead = make_lead(
        phone="+8613800138000",
        work_phone="+861062345678",
        other_phone="+8613900139000",
        other_email="w@example.com",
        wechat_id="wang_fang",
    )
    assert lead.key_values == [
        ("phone", "+8613800138000"),
        ("phone", "+8613900139000"),
        ("email", "w@example.com"),
        ("wechat_id", "wang_fang"),
    ]
    again = replace(lead, other_phone=lead.phone)
    assert [value for kind, value in again.key_values if kind == "phone"] == [lead.phone]


def key(kind: str, value: str) -> LeadKey:
    return LeadKey(kind, value.encode())


def test_the_first_lead_gets_the_keys() -> None:
    a, b, other = new_id(), new_id(), new_id()
    phone, email = key("phone", "1"), key("email", "x")
    holders, duplicates = assign_keys({a: [phone, email], b: [email]}, {})
    assert (holders, duplicates) == ({phone: a, email: a}, {b: DuplicateLead(a, "email")})
    holders, duplicates = assign_keys({a: [phone, email]}, {phone: other})
    assert (holders, duplicates) == ({phone: other}, {a: DuplicateLead(other, "phone")})


def test_the_free_keys_of_a_duplicate_go_to_the_next_lead() -> None:
    a, b, other = new_id(), new_id(), new_id()
    phone, email = key("phone", "1"), key("email", "x")
    holders, duplicates = assign_keys({a: [phone, email], b: [email]}, {phone: other})
    assert holders == {phone: other, email: b}
    assert duplicates == {a: DuplicateLead(other, "phone")}


def test_leads_without_keys_are_never_duplicates() -> None:
    a, b = new_id(), new_id()
    assert assign_keys({a: [], b: []}, {}) == ({}, {})
