"""Merges and undos in any order: every lead ends with its own fields, keys and activities."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.errors import Conflict
from kernel.ids import new_id
from mtl.followups.actions import create_follow_up
from mtl.followups.domain import FollowUp, FollowUpKind
from mtl.followups.store import follow_ups
from mtl.leads.actions.records import capture_lead
from mtl.leads.domain.lead import Lead
from mtl.leads.store.keys import lead_keys
from mtl.leads.store.survivors import lock_leads, survivor_of
from mtl.merges.actions import merge_leads, undo_merge
from mtl.merges.domain.units import MERGED_FIELDS
from mtl.touches.actions import record_touch
from mtl.touches.domain import LeadTouch, TouchKind
from mtl.touches.store import lead_touches
from services.mtl.tests.factories import NOON, make_lead

LEADS = 5
FIELDS = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["王芳", "李雷"]),
        "address": st.none() | st.sampled_from(["文三路 1 号", "中山路 2 号"]),
        "other_phone": st.booleans(),
        "email": st.booleans(),
        "attributes": st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
    }
)
STEPS = st.tuples(
    st.sampled_from(["merge", "merge", "undo", "touch", "call"]),
    st.integers(0, LEADS - 1),
    st.integers(0, LEADS - 1),
)


@dataclass
class Board:
    """Leads of a tenant, and where each key and activity belongs without any merge."""

    tx: AsyncConnection
    leads: Sequence[Lead]
    keys: dict[bytes, UUID] = field(default_factory=dict)
    homes: dict[UUID, UUID] = field(default_factory=dict)
    merges: list[UUID] = field(default_factory=list)

    @property
    def command(self) -> Command:
        return Command(self.tx, NOON, actor="tester")

    async def act(self, step: str, one: int, other: int) -> None:
        here = await survivor_of(self.tx, self.leads[one].id)
        there = await survivor_of(self.tx, self.leads[other].id)
        if step == "merge" and here != there:
            version = (await lock_leads(self.tx, [there]))[there].version
            self.merges.append(await merge_leads(self.command, here, {there: version}, {}))
        elif step == "undo" and self.merges:
            await self.undo(self.merges[one % len(self.merges)])
        elif step in ("touch", "call"):
            self.homes[await self._add(step, here)] = here

    async def _add(self, step: str, lead_id: UUID) -> UUID:
        stamps: dict[str, Any] = {"id": new_id(), "lead_id": lead_id, "at": NOON}
        if step == "touch":
            touch = LeadTouch(**stamps, kind=TouchKind.FORM, recorded_at=NOON)
            return (await record_touch(self.command, touch, at_is_given=True))[0].id
        call = FollowUp(**stamps, kind=FollowUpKind.CALL, created_at=NOON, updated_at=NOON)
        return (await create_follow_up(self.command, call)).id

    async def undo(self, merge_id: UUID) -> None:
        """Undo a merge, after those that are built on it."""
        try:
            await undo_merge(self.command, merge_id)
        except Conflict as refused:
            await self.undo(UUID(refused.params["merge_id"]))
            await self.undo(merge_id)
        else:
            self.merges.remove(merge_id)

    async def check(self) -> None:
        """Every key and activity is with the survivor of the lead to which it belongs."""
        stored = {bytes(r.digest): r.lead_id for r in await self.tx.execute(select(lead_keys))}
        assert stored == {key: await survivor_of(self.tx, home) for key, home in self.keys.items()}
        found: dict[UUID, UUID] = {}
        for table in (lead_touches, follow_ups):
            rows = await self.tx.execute(select(table.c.id, table.c.lead_id))
            found |= {row.id: row.lead_id for row in rows}
        assert found == {key: await survivor_of(self.tx, home) for key, home in self.homes.items()}
        calls = (await self.tx.execute(select(follow_ups.c.lead_id))).scalars().all()
        for lead in (await lock_leads(self.tx, [one.id for one in self.leads])).values():
            assert lead.follow_up_count == calls.count(lead.id)


def lead_number(n: int, fields: dict[str, Any]) -> Lead:
    contacts = {
        "phone": f"+861380013800{n}",
        "other_phone": f"+861390013900{n}" if fields["other_phone"] else None,
        "email": f"{n}@example.com" if fields["email"] else None,
    }
    return make_lead(**{**fields, **contacts})


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.lists(FIELDS, min_size=LEADS, max_size=LEADS),
    steps=st.lists(STEPS, min_size=3, max_size=12),
)
async def test_merges_and_undos_in_any_order_are_a_round_trip(
    tx: AsyncConnection, fields: list[dict[str, Any]], steps: list[tuple[str, int, int]]
) -> None:
    savepoint = await tx.begin_nested()
    made = [lead_number(n, one) for n, one in enumerate(fields)]
    board = Board(tx, [await capture_lead(Command(tx, NOON), lead) for lead in made])
    board.keys = {bytes(r.digest): r.lead_id for r in await tx.execute(select(lead_keys))}
    for step in steps:
        await board.act(*step)
        await board.check()
    while board.merges:
        await board.undo(board.merges[0])
    await board.check()
    present = await lock_leads(tx, [lead.id for lead in board.leads])
    for lead in board.leads:
        back = present[lead.id]
        assert [getattr(back, n) for n in MERGED_FIELDS] == [
            getattr(lead, n) for n in MERGED_FIELDS
        ]
        assert (back.deleted_at, back.merged_into_id) == (None, None)
    await savepoint.rollback()
