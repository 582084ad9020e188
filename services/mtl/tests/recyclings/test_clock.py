"""Seven days without a follow-up, by the clocks of Shanghai, from the assignment to the end."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import owner_changes
from services.mtl.tests.factories import create, note, problem
from services.mtl.tests.recyclings.factories import (
    SEVEN_DAYS,
    SetClock,
    at,
    clock,
    get,
    instant,
    publish,
    sweep,
)
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts, PublishedWork

SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"


@pytest.fixture
async def lead(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> dict[str, Any]:
    """A lead that li got on 1 January at ten, and followed up on the 5th at ten."""
    await Company(tx).build()
    set_clock(at("01-01 09:00"))
    await publish(client, SEVEN_DAYS)
    set_clock(at("01-01 10:00"))
    made = await create(client, company="远景科技", owner_id=subject("li"))
    set_clock(at("01-05 10:00"))
    await note(client, made["id"], at=at("01-05 10:00").isoformat())
    set_clock(at("01-06 10:00"))
    answer = await client.patch(f"/leads/{made['id']}", json={"need": "CRM"})
    assert answer.status_code == 200, answer.text
    edited: dict[str, Any] = answer.json()
    return edited


async def recycled(published: PublishedFacts) -> list[dict[str, Any]]:
    return [one.payload for one in await published() if one.type == "mtl.lead.recycled.v1"]


async def test_the_clock_counts_from_the_follow_up_and_not_from_the_edit(
    client: AsyncClient, lead: dict[str, Any]
) -> None:
    assert instant(lead["owned_since"]) == at("01-01 10:00")
    assert instant(lead["falls_back_at"]) == at("01-12 10:00")
    found = await clock(client, lead["id"])
    assert (found["state"], found["state_text"]) == ("RUNNING", "The clock runs")
    assert instant(found["counted_from"]) == at("01-05 10:00")
    assert instant(found["falls_back_at"]) == at("01-12 10:00")
    assert [instant(one) for one in found["reminders"]] == [at("01-11 10:00")]
    assert instant(found["next_reminder_at"]) == at("01-11 10:00")
    assert (found["reason"], found["days_left"]) == ("NO_FOLLOW_UP", 6)
    assert (found["owner_name"], found["rule"]["name"]) == ("li", "rule 0")
    assert found["rule"]["text"] == "a follow-up at least every 7 days"
    chinese = await clock(client, lead["id"], headers={"Accept-Language": "zh-CN"})
    assert chinese["rule"]["text"] == "每 7 天至少跟进一次"
    assert (chinese["reason_text"], chinese["state_text"]) == ("未及时再次跟进", "计时中")


async def test_it_is_reminded_and_recycled_at_the_first_run_after_its_time(
    client: AsyncClient,
    tx: AsyncConnection,
    lead: dict[str, Any],
    published: PublishedFacts,
    published_work: PublishedWork,
) -> None:
    await sweep(tx, at("01-11 09:59"))
    assert [one for one in await published_work() if one.kind == "KEEP_LEAD"] == []
    await sweep(tx, at("01-11 10:00"))
    await sweep(tx, at("01-11 10:05"))
    [task] = [one for one in await published_work() if one.kind == "KEEP_LEAD"]
    assert (task.step, task.person) == ("raised", subject("li"))
    assert task.message == "Follow up on lead 远景科技 before 2026-01-12 10:00, or it falls back"
    await sweep(tx, at("01-12 09:59"))
    assert await recycled(published) == []
    await sweep(tx, at("01-12 10:02"))
    await sweep(tx, at("01-12 10:07"))
    [event] = await recycled(published)
    assert (event["former_owner_id"], event["reason"]) == (subject("li"), "NO_FOLLOW_UP")
    assert (event["rule"], event["lead"]["owner_id"]) == ("rule 0", None)
    assert instant(event["barred_until"]) == at("01-15 10:02")
    after = await get(client, lead["id"])
    assert (after["owner_id"], after["status"]) == (None, lead["status"])
    assert (after["falls_back_at"], after["owned_since"]) == (None, None)
    assert after["version"] == lead["version"] + 1
    steps = [(one.step, one.kind) for one in await published_work()][-3:]
    assert sorted(steps) == [
        ("notified", "LEAD_RECYCLED"),
        ("settled", "KEEP_LEAD"),
        ("settled", "WORK_LEAD"),
    ]


async def test_the_history_says_in_words_who_lost_it_and_why(
    client: AsyncClient, tx: AsyncConnection, lead: dict[str, Any]
) -> None:
    await sweep(tx, at("01-12 10:02"))
    path = f"/leads/{lead['id']}"
    [change, translated] = [
        (await client.get(f"{path}/owners", headers={"Accept-Language": language})).json()["items"][
            0
        ]
        for language in ("zh-CN", "en")
    ]
    assert (change["from_owner_name"], change["to_owner_id"]) == ("li", None)
    assert change["reason"] == "按规则“rule 0”收回：未及时再次跟进"
    assert translated["reason"] == (
        "It fell back by the rule “rule 0”: not followed up again in time"
    )
    titles = {
        language: (
            await client.get(f"{path}/timeline", headers={"Accept-Language": language})
        ).json()["items"][0]["title"]
        for language in ("en", "zh-CN")
    }
    assert titles == {
        "en": "“li” is no longer the owner: It fell back by the rule “rule 0”: not followed"
        " up again in time",
        "zh-CN": "“li”不再是负责人：按规则“rule 0”收回：未及时再次跟进",
    }
    entry = (await client.get(f"{path}/audit")).json()["items"][0]
    assert entry["reason"] == "按规则收回"
    assert change["changed_by"] == "system:lead_recycling"
    found = await clock(client, lead["id"])
    assert (found["state"], found["falls_back_at"]) == ("NO_OWNER", None)
    rows = (await tx.execute(select(owner_changes))).all()
    assert len([row for row in rows if row.to_owner_id is None]) == 1


async def test_who_let_it_fall_back_is_barred_except_where_a_manager_decides(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    lead: dict[str, Any],
    set_clock: SetClock,
) -> None:
    await sweep(tx, at("01-12 10:00"))
    path = f"/leads/{lead['id']}/transfer"
    set_clock(at("01-12 12:00"))
    given = await client.post(path, json={"owner_id": subject("zhou")})
    assert given.status_code == 200, given.text
    zhou = sign_in(tenant, "zhou", scope=SELLER)
    back = {"owner_id": subject("li"), "reason": "for li"}
    refused = await client.post(path, json=back, headers=zhou)
    assert problem(refused) == (409, "LEAD_OWNER_BARRED")
    assert [(one["person_name"], instant(one["until"])) for one in await barred(client, lead)] == [
        ("li", at("01-15 10:00"))
    ]
    sun = sign_in(tenant, "sun", scope=SELLER)
    assert (await client.post(path, json=back, headers=sun)).status_code == 200
    set_clock(at("01-15 10:01"))
    assert await barred(client, lead) == []
    li = sign_in(tenant, "li", scope=SELLER)
    forth = {"owner_id": subject("zhou"), "reason": "for zhou"}
    assert (await client.post(path, json=forth, headers=li)).status_code == 200
    assert (await client.post(path, json=back, headers=zhou)).status_code == 200


async def barred(client: AsyncClient, lead: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await clock(client, lead["id"]))["barred"]
    return found


async def test_a_follow_up_settles_the_reminder_and_starts_the_clock_anew(
    client: AsyncClient,
    tx: AsyncConnection,
    lead: dict[str, Any],
    set_clock: SetClock,
    published_work: PublishedWork,
) -> None:
    await sweep(tx, at("01-11 10:00"))
    set_clock(at("01-11 15:00"))
    made = await note(client, lead["id"], at=at("01-11 15:00").isoformat())
    assert [one.step for one in await published_work() if one.kind == "KEEP_LEAD"] == [
        "raised",
        "settled",
    ]
    assert instant((await get(client, lead["id"]))["falls_back_at"]) == at("01-18 15:00")
    await client.delete(f"/follow-ups/{made['id']}")
    assert instant((await get(client, lead["id"]))["falls_back_at"]) == at("01-12 10:00")
    await sweep(tx, at("01-12 10:00"))
    assert (await get(client, lead["id"]))["owner_id"] is None


async def test_a_new_owner_starts_anew_without_the_follow_ups_of_the_former_one(
    client: AsyncClient,
    tx: AsyncConnection,
    lead: dict[str, Any],
    set_clock: SetClock,
    published_work: PublishedWork,
) -> None:
    await sweep(tx, at("01-11 10:00"))
    set_clock(at("01-11 16:00"))
    await client.post(f"/leads/{lead['id']}/transfer", json={"owner_id": subject("zhou")})
    found = await clock(client, lead["id"])
    assert instant(found["falls_back_at"]) == at("01-18 16:00")
    assert (found["reason"], found["last_followed_up_at"]) == ("NO_FIRST_FOLLOW_UP", None)
    assert [one.step for one in await published_work() if one.kind == "KEEP_LEAD"] == [
        "raised",
        "settled",
    ]
    await sweep(tx, at("01-12 10:00"))
    assert (await get(client, lead["id"]))["owner_id"] == subject("zhou")
