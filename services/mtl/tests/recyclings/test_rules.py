"""Retention rules: checked when they are saved, tried on real leads, explained."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import create, problem, violations
from services.mtl.tests.recyclings.factories import (
    ALWAYS,
    PATH,
    SetClock,
    at,
    clock,
    days,
    get,
    instant,
    period,
    publish,
    reckon,
    rules,
    sweep,
)
from testkit.directory import Company, sign_in, subject

SELLER = "mtl.lead.read mtl.lead.write"
GRADE_A = {"field": "source", "operator": "EQ", "value": "展会"}


async def test_wrong_outcomes_are_refused_with_every_violation(client: AsyncClient) -> None:
    wrong = rules(
        {
            "first_follow_up": period(0, "DAYS"),
            "next_follow_up": period(7, "WEEKS"),
            "conversion": {"count": "7"},
            "reminders": [days(3), 5],
            "barred_days": 1000,
            "target": {"kind": "PERSON"},
            "colour": "red",
        }
    )
    for path in ("check", "dry-run", "versions", "forecast"):
        body = {"rules": wrong, **({"based_on": 0} if path == "versions" else {})}
        answer = await client.post(f"{PATH}/{path}", json=body)
        assert answer.status_code == 422, path
        outcome = "/rules/rows/0/outcome"
        assert violations(answer) == {
            (f"{outcome}/colour", "UNKNOWN_FIELD"),
            (f"{outcome}/first_follow_up/count", "TOO_SMALL"),
            (f"{outcome}/next_follow_up/unit", "VALUE_UNKNOWN"),
            (f"{outcome}/conversion/unit", "REQUIRED"),
            (f"{outcome}/conversion/count", "TYPE_INVALID"),
            (f"{outcome}/reminders/0", "REMINDER_TOO_LATE"),
            (f"{outcome}/reminders/1", "TYPE_INVALID"),
            (f"{outcome}/barred_days", "TOO_LARGE"),
            (f"{outcome}/target/subject", "REQUIRED"),
        }


@pytest.mark.parametrize(
    ("reminder", "deadline", "is_late"),
    [
        (days(6), days(7), False),
        (days(7), days(7), True),
        (period(168, "HOURS"), days(7), True),
        (period(167, "HOURS"), days(7), False),
        (period(8, "WORKING_DAYS"), days(7), True),
        (period(7, "WORKING_DAYS"), days(7), False),
        (period(7, "WORKING_DAYS"), period(7, "WORKING_DAYS"), True),
        (days(9), period(7, "WORKING_DAYS"), False),
        (period(8, "WORKING_HOURS"), period(8, "WORKING_HOURS"), True),
        (period(169, "WORKING_HOURS"), days(7), True),
    ],
)
async def test_a_reminder_that_cannot_come_before_the_deadline_is_refused(
    client: AsyncClient, reminder: Any, deadline: Any, is_late: bool
) -> None:
    body = {"rules": rules({"next_follow_up": deadline, "reminders": [reminder]})}
    answer = await client.post(f"{PATH}/check", json=body)
    assert answer.status_code == (422 if is_late else 200), answer.text
    if is_late:
        assert violations(answer) == {("/rules/rows/0/outcome/reminders/0", "REMINDER_TOO_LATE")}


async def test_a_row_that_is_never_reached_is_refused(client: AsyncClient) -> None:
    body = {"rules": rules({"conversion": days(30)}, {"conversion": days(60)}, {})}
    answer = await client.post(f"{PATH}/check", json=body)
    assert ("/rules/rows/1", "RULE_ROW_UNREACHABLE") in violations(answer)


async def test_a_rule_names_a_person_who_is_active(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    company = await Company(tx).build()
    set_clock(at("01-01 10:00"))
    to_zhou = {"conversion": days(30), "target": {"kind": "PERSON", "subject": subject("zhou")}}
    unknown = {**to_zhou, "target": {"kind": "PERSON", "subject": "nobody"}}
    body = {"rules": rules(unknown), "based_on": 0}
    answer = await client.post(f"{PATH}/versions", json=body)
    assert violations(answer) == {("/rules/rows/0/outcome/target/subject", "OWNER_UNKNOWN")}
    await publish(client, rules(to_zhou))
    first = (await create(client, company="a", owner_id=subject("li")))["id"]
    await sweep(tx, at("01-31 10:00"))
    assert (await get(client, first))["owner_id"] == subject("zhou")
    second = (await create(client, company="b", owner_id=subject("li")))["id"]
    await company.person("zhou", "team A", active=False)
    await sweep(tx, at("01-31 10:00"))
    assert (await get(client, second))["owner_id"] is None


async def test_the_first_row_that_applies_decides_and_is_explained(
    client: AsyncClient, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    content = rules({"next_follow_up": days(3)}, {"next_follow_up": days(30)})
    content["rows"][0]["condition"] = GRADE_A
    await publish(client, content)
    fair = await create(client, company="a", source="展会")
    other = await create(client, company="b")
    assert instant(fair["falls_back_at"]) == at("01-04 10:00")
    assert instant(other["falls_back_at"]) == at("01-31 10:00")
    path = f"/leads/{other['id']}/rule-sets/lead_retention/explanation"
    found = (await client.get(path)).json()
    assert (found["winner"], found["rows"][0]["failed"][0]["field"]) == ("r1", "source")
    edited = await client.patch(f"/leads/{other['id']}", json={"source": "展会"})
    assert instant(edited.json()["falls_back_at"]) == at("01-04 10:00")


async def test_rules_read_status_grade_and_custom_fields(
    client: AsyncClient, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    labels = {"label_zh": "级别", "label_en": "Level"}
    field = {"resource": "mtl.lead", "key": "level", "type": "NUMBER", **labels}
    assert (await client.post("/custom-fields", json=field)).status_code == 201
    content = rules({"next_follow_up": days(3)}, {"next_follow_up": days(5)})
    content["rows"][0]["condition"] = {"field": "custom.level", "operator": "GTE", "value": "3"}
    content["rows"][1]["condition"] = {"field": "status", "operator": "EQ", "value": "SQL"}
    await publish(client, content)
    high = await create(client, company="a", custom_fields={"level": "3"})
    low = await create(client, company="b", custom_fields={"level": "2"})
    assert instant(high["falls_back_at"]) == at("01-04 10:00")
    assert low["falls_back_at"] is None
    assert (await clock(client, low["id"]))["state"] == "NO_RULE"
    accepted = await client.post(f"/leads/{low['id']}/qualify")
    assert instant(accepted.json()["falls_back_at"]) == at("01-06 10:00")


async def test_a_forecast_counts_the_leads_that_would_fall_back(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> None:
    await Company(tx).build()
    await publish(client, rules({"next_follow_up": days(30)}))
    for day, owner in (("01-01", "li"), ("01-05", "li"), ("01-08", "zheng"), ("01-09", "li")):
        set_clock(at(f"{day} 10:00"))
        await create(client, company=day, owner_id=subject(owner))
    set_clock(at("01-10 10:00"))
    body = {"rules": rules({"next_follow_up": days(7)}), "days": 5}
    found = (await client.post(f"{PATH}/forecast", json=body)).json()
    assert found == {
        "leads": 4,
        "is_complete": True,
        "days": 5,
        "in_force": {"at_once": 0, "within_days": 0},
        "tried": {"at_once": 1, "within_days": 2},
    }
    manager = sign_in(tenant, "sun", scope=f"{SELLER} mtl.rule.read")
    own = (await client.post(f"{PATH}/forecast", json=body, headers=manager)).json()
    assert (own["leads"], own["tried"]) == (3, {"at_once": 1, "within_days": 1})
    seller = sign_in(tenant, "li", scope=SELLER)
    refused = await client.post(f"{PATH}/forecast", json=body, headers=seller)
    assert problem(refused) == (403, "SCOPE_MISSING")
    for days_ahead in (0, 367, "7", None):
        wrong = await client.post(f"{PATH}/forecast", json={**body, "days": days_ahead})
        assert wrong.status_code == 422
    tried = (await client.post(f"{PATH}/dry-run", json={"rules": body["rules"]})).json()
    assert (tried["records"], tried["changed"]) == (4, 4)


async def test_the_list_is_filtered_and_sorted_by_the_end_of_the_clock(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(at("01-01 10:00"))
    late = (await create(client, company="late"))["id"]
    content = rules({"next_follow_up": days(3)}, {"next_follow_up": days(30)}, condition=GRADE_A)
    content["rows"][1]["condition"] = ALWAYS
    await publish(client, content)
    soon = (await create(client, company="soon", source="展会"))["id"]
    await reckon(tx, at("01-01 10:00"))
    page = (await client.get("/leads?sort=falls_back_at")).json()["items"]
    assert [one["id"] for one in page] == [soon, late]
    query = f"falls_back_at__lte={at('01-05 00:00').isoformat()}".replace("+", "%2B")
    found = (await client.get(f"/leads?{query}")).json()["items"]
    assert [one["id"] for one in found] == [soon]


async def test_a_clock_is_seen_by_whoever_sees_the_lead(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    lead_id = (await create(client, company="a", owner_id=subject("li")))["id"]
    zheng, sun = (sign_in(tenant, name, scope=SELLER) for name in ("zheng", "sun"))
    hidden = await client.get(f"/leads/{lead_id}/clock", headers=zheng)
    assert problem(hidden) == (404, "LEAD_NOT_FOUND")
    seen = await client.get(f"/leads/{lead_id}/clock", headers=sun)
    assert (seen.json()["state"], seen.json()["falls_back_at"]) == ("NO_RULE", None)
    await client.delete(f"/leads/{lead_id}")
    assert (await clock(client, lead_id))["state"] == "DELETED"
    other = (await create(client, company="b"))["id"]
    await client.post(f"/leads/{other}/disqualify", json={"reason": "SPAM"})
    assert (await clock(client, other))["state"] == "CLOSED"
