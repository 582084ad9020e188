"""Tests of visibility, of the list plans chosen by it, and of its SQL conditions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import grants
from chassis.records.access.visibility import (
    EVERYTHING,
    Access,
    ListPlan,
    ScopedResource,
    Visibility,
    granted_record_ids,
    is_visible,
    list_plan,
    visibility_of,
)
from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.web.auth import Principal
from kernel.ids import new_id
from testkit.cards.store import CARDS
from testkit.database import cards
from testkit.directory import Company, directory_id, leave, subject

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
ON_BOARDS = ScopedResource("testkit.card", cards, of=(("testkit.board", "board_id"),))


def caller(tenant: UUID, name: str, *scopes: str, **more: Any) -> Principal:
    kind = more.get("kind", "person")
    return Principal(tenant, subject(name), kind, frozenset(scopes))


@pytest.mark.parametrize(
    ("visibility", "plan"),
    [
        (EVERYTHING, ListPlan.ALL),
        (Visibility(owners=("a",)), ListPlan.UNION),
        (Visibility(owners=("a",), prefer_filter=True), ListPlan.FILTER),
        (Visibility(everything=True, prefer_filter=True), ListPlan.ALL),
    ],
)
def test_the_list_plan_depends_on_visibility(visibility: Visibility, plan: ListPlan) -> None:
    assert list_plan(visibility) is plan


@pytest.mark.parametrize(
    ("scopes", "kind", "everything"),
    [
        (["testkit.card.read"], "person", False),
        (["testkit.card.all"], "person", True),
        (["testkit.*"], "person", True),
        (["*"], "person", True),
        (["testkit.board.all", "l2o.*"], "person", False),
        (["testkit.card.read"], "client", True),
        ([], "client", True),
    ],
)
async def test_scopes_and_clients_that_see_everything(
    tx: AsyncConnection, tenant: UUID, scopes: list[str], kind: str, everything: bool
) -> None:
    principal = caller(tenant, "li", *scopes, kind=kind)
    visibility = await visibility_of(tx, principal, "testkit.card", NOW)
    assert visibility.everything is everything


async def test_owners_and_grantees_in_the_company(tx: AsyncConnection, tenant: UUID) -> None:
    company = await Company(tx).build()
    await company.team("tender", "li", "wu")
    visibility = await visibility_of(tx, caller(tenant, "li"), "testkit.card", NOW)
    assert visibility.owners == (subject("li"),)
    ids = {directory_id(name) for name in ("li", "team A", "sales", "root", "tender")}
    assert set(visibility.grantees) == ids
    assert visibility.today == date(2026, 11, 22)
    visibility = await visibility_of(tx, caller(tenant, "qian"), "testkit.card", NOW)
    under = {subject(name) for name in ("qian", "sun", "li", "zhou", "wu", "zheng")}
    assert set(visibility.owners) == under


@pytest.mark.parametrize(
    ("people", "own", "prefer_filter"), [(63, 63, False), (64, 64, True), (1300, 64, False)]
)
async def test_many_owners_of_few_people_prefer_a_filter(
    tx: AsyncConnection, tenant: UUID, people: int, own: int, prefer_filter: bool
) -> None:
    """Filtering the sort index is faster from 64 owners and one in 20 of all people."""
    company = Company(tx)
    await company.department("team", manager="p0")
    for number in range(own):
        await company.person(f"p{number}", "team")
    await company.sql(
        "INSERT INTO directory_people (id, epoch, sequence, subject, name, active)"
        f" SELECT gen_random_uuid(), 1, 1, 's' || n, 'n', true"
        f" FROM generate_series(1, {people - own}) n"
    )
    visibility = await visibility_of(tx, caller(tenant, "p0"), "testkit.card", NOW)
    assert (len(visibility.owners), visibility.prefer_filter) == (own, prefer_filter)


@pytest.mark.parametrize(
    ("now", "zone", "today"),
    [
        (datetime(2026, 11, 21, 16, tzinfo=UTC), "Asia/Shanghai", date(2026, 11, 22)),
        (datetime(2026, 11, 21, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2026, 11, 21)),
        (datetime(2026, 11, 22, 4, 59, tzinfo=UTC), "America/New_York", date(2026, 11, 21)),
    ],
)
async def test_a_leave_begins_at_the_tenants_midnight(
    tx: AsyncConnection, tenant: UUID, now: datetime, zone: str, today: date
) -> None:
    company = await Company(tx).build()
    await company.sql(f"UPDATE tenant_settings SET timezone = '{zone}'")
    for first, seen in ((today, True), (today.replace(day=23), False)):
        away = [leave(first, date(2026, 12, 1), "bei")]
        await company.person("li", "team A", leaves=away)
        visibility = await visibility_of(tx, caller(tenant, "bei"), "testkit.card", now)
        assert (subject("li") in visibility.owners) is seen
    assert visibility.today == today


async def card(tx: AsyncConnection, title: str, owner: str, board: UUID | None = None) -> UUID:
    key = new_id()
    await tx.execute(
        insert(cards).values(
            id=key,
            title=title,
            owner_id=subject(owner),
            board_id=board,
            stage="TO_DO",
            created_at=NOW,
            updated_at=NOW,
            version=1,
        )
    )
    return key


async def grant(
    tx: AsyncConnection, resource: str, record: UUID, to: str, access: str, until: date | None
) -> None:
    await tx.execute(
        insert(grants).values(
            id=new_id(),
            resource=resource,
            record_id=record,
            via="SHARE",
            grantee_kind="PERSON",
            grantee_id=directory_id(to),
            access=access,
            until_date=until,
            created_by="x",
            created_at=NOW,
        )
    )


async def test_the_condition_selects_visible_rows(tx: AsyncConnection, tenant: UUID) -> None:
    await Company(tx).build()
    board, shelf = new_id(), new_id()
    await card(tx, "own", "li")
    await card(tx, "theirs", "wu")
    await grant(tx, "testkit.card", await card(tx, "read", "wu"), "li", "READ", None)
    await grant(tx, "testkit.card", await card(tx, "write", "wu"), "li", "WRITE", None)
    ended = await card(tx, "ended", "wu")
    await grant(tx, "testkit.card", ended, "li", "WRITE", date(2026, 11, 22))
    running = await card(tx, "running", "wu")
    await grant(tx, "testkit.card", running, "li", "READ", date(2026, 11, 23))
    await card(tx, "on the board", "wu", board)
    await grant(tx, "testkit.board", board, "li", "WRITE", None)
    await card(tx, "on the shelf", "wu", shelf)
    await grant(tx, "testkit.note", shelf, "li", "WRITE", None)
    visibility = await visibility_of(tx, caller(tenant, "li"), "testkit.card", NOW)

    async def visible_titles(scoped: ScopedResource, access: Access = Access.READ) -> set[str]:
        query = select(cards.c.title).where(is_visible(scoped, visibility, access))
        return set((await tx.execute(query)).scalars())

    assert await visible_titles(CARDS) == {"own", "read", "write", "running"}
    assert await visible_titles(CARDS, Access.WRITE) == {"own", "write"}
    assert await visible_titles(ON_BOARDS) == {"own", "read", "write", "running", "on the board"}
    assert await visible_titles(ON_BOARDS, Access.WRITE) == {"own", "write", "on the board"}
    assert len((await tx.execute(select(cards).where(is_visible(CARDS, EVERYTHING)))).all()) == 8
    under = next(one for one in ON_BOARDS.granted_under if one.resource == "testkit.board")
    boards = list((await tx.execute(granted_record_ids(under, visibility))).scalars())
    assert boards == [board]


async def test_resources_without_a_grant_that_counts_are_left_out(
    tx: AsyncConnection, tenant: UUID
) -> None:
    company = await Company(tx).build()
    await company.team("tender", "li", "wu")

    async def granted(name: str = "li") -> set[str]:
        visibility = await visibility_of(tx, caller(tenant, name), "testkit.card", NOW)
        assert visibility.granted is not None
        return set(visibility.granted)

    assert await granted() == set()
    await grant(tx, "testkit.card", new_id(), "zhou", "READ", None)
    await grant(tx, "testkit.note", new_id(), "li", "WRITE", date(2026, 11, 22))  # has ended
    assert await granted() == set()
    await grant(tx, "testkit.board", new_id(), "root", "READ", date(2026, 11, 23))
    assert await granted() == {"testkit.board"}
    await grant(tx, "testkit.note", new_id(), "tender", "READ", None)
    await grant(tx, "testkit.card", new_id(), "li", "READ", None)
    assert await granted() == {"testkit.board", "testkit.card", "testkit.note"}
    assert await granted("zhou") == {"testkit.board", "testkit.card"}


@pytest.mark.parametrize("scoped", [CARDS, ON_BOARDS])
async def test_what_is_visible_is_the_same_without_the_resources_of_no_grants(
    tx: AsyncConnection, tenant: UUID, scoped: ScopedResource
) -> None:
    await Company(tx).build()
    await card(tx, "own", "li")
    await grant(tx, "testkit.card", await card(tx, "read", "wu"), "li", "READ", None)
    board = new_id()
    await card(tx, "on the board", "wu", board)
    visibility = await visibility_of(tx, caller(tenant, "li"), "testkit.card", NOW)
    assert visibility.granted == frozenset({"testkit.card"})

    async def titles(known: Visibility) -> set[str]:
        query = select(cards.c.title).where(is_visible(scoped, known))
        return set((await tx.execute(query)).scalars())

    expected = {"own", "read"}
    assert await titles(visibility) == await titles(replace(visibility, granted=None)) == expected


def test_a_service_subscribes_to_tenants_and_the_directory() -> None:
    subscriptions = directory_subscriptions("testkit")
    assert [s.name for s in subscriptions] == ["testkit.tenants", "testkit.directory"]
    topics = ("org.department.v1", "org.person.v1", "org.principal.v1", "org.team.v1")
    assert subscriptions[1].topics == topics
