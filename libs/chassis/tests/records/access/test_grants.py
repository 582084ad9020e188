"""Tests of grants: a record's team and its shares, who may grant them, and until when."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from libs.chassis.tests.records.access.people import SCOPE, People
from testkit.directory import Company, directory_id, subject

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)


def team(card: str, name: str) -> str:
    return f"/cards/{card}/team/{directory_id(name)}"


def share(card: str, kind: str, name: str) -> str:
    return f"/cards/{card}/shares/{kind}/{directory_id(name)}"


async def access_of(people: People, name: str, card: str) -> str:
    """Return what a person may do with a card: nothing, READ or WRITE."""
    read = await people.get(name, f"/cards/{card}")
    written = await people.patch(name, f"/cards/{card}", {"title": "by " + name})
    outcome = (read.status_code, written.status_code)
    if outcome == (200, 403):
        assert written.json()["code"] == "RECORD_READ_ONLY"
    return {(404, 404): "", (200, 403): "READ", (200, 200): "WRITE"}[outcome]


async def test_team_members_have_their_access(company: Company, people: People) -> None:
    card = await people.card("li")
    assert await access_of(people, "wang", card) == ""
    made = await people.put("li", team(card, "wang"), {})
    assert (made.status_code, made.json()["access"], made.json()["grantee_name"]) == (
        200,
        "READ",
        "wang",
    )
    assert await access_of(people, "wang", card) == "READ"
    assert (await people.put("li", team(card, "wang"), {"access": "WRITE"})).status_code == 200
    assert await access_of(people, "wang", card) == "WRITE"
    told = (await people.get("li", f"/cards/{card}/access")).json()["everybody"]
    assert [one["person"]["name"] for one in told if one["why"] == "TEAM"] == ["wang"]
    assert (await people.delete("li", team(card, "wang"))).status_code == 204
    assert (await people.delete("li", team(card, "wang"))).status_code == 204
    assert await access_of(people, "wang", card) == ""


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("PERSON", "zheng", {"zheng"}),
        ("DEPARTMENT", "team B", {"zheng", "wu"}),
        ("DEPARTMENT", "finance", {"wang"}),
        ("DEPARTMENT", "root", {"zheng", "wu", "wang", "zhou"}),
        ("TEAM", "tender", {"wang", "bei"}),
    ],
)
async def test_a_share_gives_access_to_its_grantees(
    company: Company, people: People, kind: str, name: str, expected: set[str]
) -> None:
    await company.team("tender", "wang", "bei")
    card = await people.card("li")
    assert (await people.put("li", share(card, kind, name), {})).status_code == 200
    others = ("zhou", "wu", "zheng", "wang", "bei")
    assert {each for each in others if await access_of(people, each, card) == "READ"} == expected
    assert (await people.delete("li", share(card, kind, name))).status_code == 204
    assert [await access_of(people, each, card) for each in others] == [""] * 5


async def test_a_departments_manager_needs_no_post_in_it(company: Company, people: People) -> None:
    await company.department("finance", parent="root", manager="bei")
    card = await people.card("li")
    await people.put("li", share(card, "DEPARTMENT", "finance"), {})
    assert await access_of(people, "bei", card) == "READ"


async def test_a_former_team_member_no_longer_sees_it(company: Company, people: People) -> None:
    await company.team("tender", "wang", "bei")
    card = await people.card("li")
    await people.put("li", share(card, "TEAM", "tender"), {"access": "WRITE"})
    assert await access_of(people, "bei", card) == "WRITE"
    await company.team("tender", "wang")
    assert [await access_of(people, each, card) for each in ("bei", "wang")] == ["", "WRITE"]


async def test_an_expired_share_gives_no_access(
    company: Company, people: People, tenant: UUID
) -> None:
    card = await people.card("li")
    tomorrow = {"until_date": (TODAY + DAY).isoformat(), "access": "WRITE"}
    assert (await people.put("li", share(card, "PERSON", "wang"), tomorrow)).status_code == 200
    assert await access_of(people, "wang", card) == "WRITE"
    await expire(company)
    assert await access_of(people, "wang", card) == ""
    told = (await people.get("li", f"/cards/{card}/access")).json()["everybody"]
    assert "SHARE" not in [one["why"] for one in told]


async def expire(company: Company) -> None:
    """Move the end of every grant one day back, as if a day had passed."""
    await company.sql("UPDATE record_grants SET until_date = until_date - 1")


async def test_a_reader_may_not_grant(company: Company, people: People) -> None:
    card = await people.card("li")
    await people.put("li", team(card, "wang"), {})
    for path in (team(card, "bei"), share(card, "PERSON", "bei")):
        answer = await people.put("wang", path, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "RECORD_READ_ONLY")
        answer = await people.delete("wang", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "RECORD_READ_ONLY")


async def test_a_writer_may_grant_read_access_only(company: Company, people: People) -> None:
    card = await people.card("li")
    await people.put("li", team(card, "wang"), {"access": "WRITE"})
    await people.put("li", team(card, "wu"), {"access": "WRITE"})
    assert (await people.put("wang", team(card, "bei"), {})).status_code == 200
    for name, body in (("bei", {"access": "WRITE"}), ("wu", {"access": "READ"})):
        answer = await people.put("wang", team(card, name), body)
        assert (answer.status_code, answer.json()["code"]) == (403, "OWNERSHIP_REQUIRED")
    answer = await people.delete("wang", team(card, "wu"))
    assert (answer.status_code, answer.json()["code"]) == (403, "OWNERSHIP_REQUIRED")
    assert (await people.delete("wang", team(card, "bei"))).status_code == 204


@pytest.mark.parametrize("name", ["li", "sun", "zhao"])
async def test_owner_and_managers_may_grant_write_access(
    company: Company, people: People, name: str
) -> None:
    card = await people.card("li")
    answer = await people.put(name, share(card, "PERSON", "bei"), {"access": "WRITE"})
    assert answer.status_code == 200
    assert answer.json()["created_by"] == subject(name)


async def test_who_does_not_see_a_record_may_not_grant(company: Company, people: People) -> None:
    card = await people.card("li")
    answer = await people.put("zheng", team(card, "zheng"), {"access": "WRITE"})
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
    admin = f"{SCOPE} testkit.card.all"
    assert (await people.put("bei", team(card, "bei"), {}, scope=admin)).status_code == 200


NOBODY = "01990000-0000-7000-8000-00000000dead"


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        (f"team/{NOBODY}", {}, "{grantee_id}", "GRANTEE_UNKNOWN"),
        (f"team/{directory_id('gone')}", {}, "{grantee_id}", "GRANTEE_UNKNOWN"),
        (f"shares/TEAM/{directory_id('li')}", {}, "{grantee_id}", "GRANTEE_UNKNOWN"),
        (f"shares/DEPARTMENT/{directory_id('closed')}", {}, "{grantee_id}", "GRANTEE_UNKNOWN"),
        ("team/nonsense", {}, "{grantee_id}", "ID_INVALID"),
        (f"shares/FRIENDS/{directory_id('li')}", {}, "{grantee_kind}", "VALUE_UNKNOWN"),
        (f"team/{directory_id('bei')}", {"access": "OWN"}, "/access", "VALUE_UNKNOWN"),
        (f"team/{directory_id('bei')}", {"until_date": "x"}, "/until_date", "UNKNOWN_FIELD"),
        (
            f"shares/PERSON/{directory_id('bei')}",
            {"until_date": TODAY.isoformat()},
            "/until_date",
            "UNTIL_DATE_PAST",
        ),
        (
            f"shares/PERSON/{directory_id('bei')}",
            {"until_date": "2026-02-30"},
            "/until_date",
            "DATE_INVALID",
        ),
        (f"shares/PERSON/{directory_id('bei')}", [], "", "TYPE_INVALID"),
    ],
)
async def test_invalid_grants_are_refused(
    company: Company, people: People, path: str, body: Any, pointer: str, code: str
) -> None:
    await company.person("gone", active=False)
    await company.department("closed", parent="root")
    await company.delete_department("closed")
    card = await people.card("li")
    answer = await people.put("li", f"/cards/{card}/{path}", body)
    assert answer.status_code == 422, answer.text
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_every_violation_of_a_share_is_reported(company: Company, people: People) -> None:
    card = await people.card("li")
    path = f"/cards/{card}/shares/PERSON/{NOBODY}"
    answer = await people.put("li", path, {"until_date": "2020-01-01"})
    assert {one["code"] for one in answer.json()["errors"]} == {
        "GRANTEE_UNKNOWN",
        "UNTIL_DATE_PAST",
    }
