"""Moves, what events carry, and who was first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.event import Event
from contracts.mtl.events import LeadConverted
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.leads.domain import (
    MOVES,
    Conversion,
    Duplicate,
    Key,
    Lead,
    LeadStatus,
    Move,
    first_come,
)
from services.mtl.tests.factories import NOON, make_lead

NEW, QUALIFIED, DISQUALIFIED, CONVERTED = LeadStatus
LATER = NOON + timedelta(hours=1)


def conversion(*, account_id: UUID | None = None) -> Conversion:
    return Conversion(
        id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )


def convert(lead: Lead, ids: Conversion, name: str | None = None) -> tuple[Lead, LeadConverted]:
    return lead.convert(ids, opportunity_name=name, actor="seller", now=NOON)


def test_every_move_that_the_table_does_not_allow_is_refused() -> None:
    tries: dict[Move, Callable[[Lead], tuple[Lead, Event]]] = {
        Move.QUALIFY: lambda lead: lead.qualify(now=NOON),
        Move.DISQUALIFY: lambda lead: lead.disqualify("空号", now=NOON),
        Move.CONVERT: lambda lead: convert(lead, conversion()),
        Move.REOPEN: lambda lead: lead.reopen("ACCOUNT_NOT_FOUND", now=NOON),
    }
    codes = {
        Move.QUALIFY: "LEAD_NOT_NEW",
        Move.DISQUALIFY: "LEAD_NOT_OPEN",
        Move.CONVERT: "LEAD_NOT_QUALIFIED",
        Move.REOPEN: "LEAD_NOT_CONVERTED",
    }
    for move, (allowed, to) in MOVES.items():
        for status in LeadStatus:
            lead = make_lead(status=status, conversion_id=new_id())
            if status in allowed:
                moved, _event = tries[move](lead)
                assert (moved.status, moved.has_made(move)) == (to, True)
            else:
                with pytest.raises(RuleBroken) as refused:
                    tries[move](lead)
                assert (refused.value.code, refused.value.params) == (
                    codes[move],
                    {"status": status},
                )


def test_a_converted_lead_carries_the_ids_and_so_does_the_event() -> None:
    ids = conversion()
    lead, event = convert(make_lead(status=QUALIFIED, status_reason="ACCOUNT_NOT_FOUND"), ids)
    assert (lead.conversion_id, lead.account_id) == (ids.id, ids.account_id)
    assert (lead.contact_id, lead.opportunity_id) == (ids.contact_id, ids.opportunity_id)
    assert (lead.converted_at, lead.status_reason) == (NOON, None)
    assert event == LeadConverted(
        lead=lead.state(),
        conversion_id=ids.id,
        account_id=ids.account_id,
        contact_id=ids.contact_id,
        opportunity_id=ids.opportunity_id,
        existing_account=False,
        opportunity_name="远景科技",
        converted_by="seller",
        converted_at=NOON,
    )
    assert event.lead.status == "CONVERTED"


def test_an_opportunity_is_named_by_the_caller_or_after_the_lead() -> None:
    ids = conversion(account_id=new_id())
    lead = make_lead(status=QUALIFIED, company=None, external_id="660737", phone="+8613800138000")
    assert convert(lead, ids, "CRM 项目")[1].opportunity_name == "CRM 项目"
    assert convert(lead, ids)[1].opportunity_name == "660737"
    assert convert(lead, ids)[1].existing_account is True


def test_reopening_takes_the_ids_back_and_says_which_conversion_it_was() -> None:
    ids = conversion()
    converted, _ = convert(make_lead(status=QUALIFIED), ids)
    assert converted.is_converted_by(ids.id)
    assert not converted.is_converted_by(new_id())
    lead, event = converted.reopen("ACCOUNT_NOT_FOUND", now=NOON)
    assert (lead.status, lead.status_reason) == (QUALIFIED, "ACCOUNT_NOT_FOUND")
    assert (lead.conversion_id, lead.account_id, lead.converted_at) == (None, None, None)
    assert (event.conversion_id, event.reason) == (ids.id, "ACCOUNT_NOT_FOUND")
    assert not lead.is_converted_by(ids.id)


@pytest.mark.parametrize("status", [NEW, QUALIFIED, DISQUALIFIED])
def test_what_is_not_converted_is_edited_deleted_and_restored(status: LeadStatus) -> None:
    lead = make_lead(status=status, custom_fields={"budget": "1"})
    edited, changed = lead.change(replace(lead, company="远景能源"), now=LATER)
    assert (edited.company, edited.status, edited.updated_at) == ("远景能源", status, LATER)
    assert changed.lead == edited.state()
    assert changed.lead.custom_fields == {"budget": "1"}
    gone, _ = lead.delete(now=LATER)
    assert (gone.deleted_at, gone.updated_at) == (LATER, LATER)
    back, restored = gone.restore(now=LATER)
    assert back == replace(lead, updated_at=LATER)
    assert restored.lead == back.state()


def test_what_is_converted_changes_its_owner_only() -> None:
    lead = make_lead(status=CONVERTED)
    with pytest.raises(RuleBroken) as edited:
        lead.change(replace(lead, company="A"), now=LATER)
    with pytest.raises(RuleBroken) as deleted:
        lead.delete(now=LATER)
    assert edited.value.code == deleted.value.code == "LEAD_CONVERTED"
    assigned, event = lead.assign("another", actor="boss", now=LATER)
    assert (assigned.owner_id, assigned.updated_at) == ("another", LATER)
    assert (event.from_owner_id, event.assigned_by) == ("seller", "boss")
    assert event.lead == assigned.state()


def test_what_a_lead_is_known_by_depends_on_what_became_of_it() -> None:
    known = {"phone": "+8613800138000", "email": "w@example.com", "external_id": "7"}
    lead = make_lead(**known)
    for status in (NEW, QUALIFIED, CONVERTED):
        assert replace(lead, status=status).known_by == known
    assert replace(lead, status=DISQUALIFIED).known_by == {"external_id": "7"}
    assert replace(lead, deleted_at=LATER).known_by == {}
    assert make_lead().known_by == {}


def key(kind: str, value: str) -> Key:
    return Key(kind, value.encode())


def test_who_comes_first_has_the_keys() -> None:
    a, b, other = new_id(), new_id(), new_id()
    phone, mail = key("phone", "1"), key("email", "x")
    owners, duplicates = first_come({a: [phone, mail], b: [mail]}, {})
    assert (owners, duplicates) == ({phone: a, mail: a}, {b: Duplicate(a, "email")})
    owners, duplicates = first_come({a: [phone, mail]}, {phone: other})
    assert (owners, duplicates) == ({phone: other}, {a: Duplicate(other, "phone")})


def test_a_duplicate_leaves_what_it_wanted_to_the_next() -> None:
    a, b, other = new_id(), new_id(), new_id()
    phone, mail = key("phone", "1"), key("email", "x")
    owners, duplicates = first_come({a: [phone, mail], b: [mail]}, {phone: other})
    assert owners == {phone: other, mail: b}
    assert duplicates == {a: Duplicate(other, "phone")}


def test_leads_known_by_name_only_are_never_duplicates() -> None:
    a, b = new_id(), new_id()
    assert first_come({a: [], b: []}, {}) == ({}, {})
