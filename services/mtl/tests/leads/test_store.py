"""The keys of leads: one digest for all spellings, different digests for each tenant."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import acting_for
from chassis.foundation.context import Context, use_context
from chassis.web.commands import Command
from mtl.leads import store
from mtl.leads.actions import records
from mtl.leads.domain.keys import DuplicateLead, LeadKey
from mtl.leads.domain.lead import Lead
from mtl.leads.schemas.leads import LeadIn
from mtl.leads.store.keys import key_digests, lead_keys
from services.mtl.tests.factories import NOON, make_lead

SECRET = b"of a tenant"
WIDE = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")
GAP = st.sampled_from(["", " ", "-", "\u00a0", "‐", ".", "\u200b"])


def keys_of(**fields: str) -> list[LeadKey]:
    with use_context(Context(country="CN")):
        return key_digests(SECRET, make_lead(**LeadIn.model_validate(fields).model_dump()))


@given(
    tail=st.integers(0, 10**8 - 1),
    gaps=st.lists(GAP, min_size=11, max_size=11),
    prefix=st.sampled_from(["", "+86", "+86 ", "0086", "0086-", "(+86)", "86 "]),
    wide=st.booleans(),
)
def test_every_spelling_of_a_number_has_one_digest(
    tail: int, gaps: list[str], prefix: str, wide: bool
) -> None:
    digits = f"138{tail:08d}"
    spelling = prefix + "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True))
    written = spelling.translate(WIDE) if wide else spelling
    assert keys_of(phone=written) == keys_of(phone=digits)


def test_kinds_have_separate_digests_and_names_have_none() -> None:
    phone, external = keys_of(phone="13800138000"), keys_of(external_id="+8613800138000")
    assert phone != external
    assert [len(phone[0].digest), phone[0].kind, external[0].kind] == [32, "phone", "external_id"]
    assert keys_of(name="王芳", company="远景科技") == []
    assert keys_of(email="A@Example.com") == keys_of(email="a@example.com")


async def stored_keys(tx: AsyncConnection) -> dict[str, set[UUID]]:
    holders: dict[str, set[UUID]] = {}
    for row in await tx.execute(select(lead_keys.c.kind, lead_keys.c.lead_id)):
        holders.setdefault(row.kind, set()).add(row.lead_id)
    return holders


async def stored_digest(tx: AsyncConnection) -> bytes:
    rows = await tx.execute(select(lead_keys.c.digest))
    return bytes(rows.scalars().one())


async def test_digests_differ_between_tenants(tx: AsyncConnection, tenant: UUID) -> None:
    await records.capture_lead(Command(tx, NOON), make_lead(phone="+8613800138000"))
    mine = await stored_digest(tx)
    async with acting_for(tx, UUID("01990000-0000-7000-8000-00000000000b")):
        await records.capture_lead(Command(tx, NOON), make_lead(phone="+8613800138000"))
        assert await stored_digest(tx) != mine


async def test_captures_in_one_call_equal_captures_one_after_the_other(tx: AsyncConnection) -> None:
    """The second repeats the first; the fourth gets the email of the refused second."""
    first, *others = await records.capture_leads(
        Command(tx, NOON),
        [
            make_lead(phone="+8613800138000", external_id="1"),
            make_lead(phone="+8613800138000", email="b@example.com"),
            make_lead(company="远景科技"),
            make_lead(email="b@example.com"),
            make_lead(email="c@example.com", external_id="1"),
        ],
    )
    assert isinstance(first, Lead)
    assert others[0] == DuplicateLead(first.id, "phone")
    assert others[3] == DuplicateLead(first.id, "external_id")
    assert isinstance(others[1], Lead)
    assert isinstance(others[2], Lead)
    assert await stored_keys(tx) == {
        "phone": {first.id},
        "external_id": {first.id},
        "email": {others[2].id},
    }
    assert await store.LEAD.get(tx, first.id) == first


async def test_capturing_no_leads_returns_no_leads(tx: AsyncConnection) -> None:
    assert await records.capture_leads(Command(tx, NOON), []) == []
