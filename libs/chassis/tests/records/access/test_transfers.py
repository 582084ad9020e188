"""Tests of transfers: of one record, of many, concurrent ones, and the history of owners."""

import asyncio
from typing import Any

import pytest

from libs.chassis.tests.records.access.people import SCOPE, People
from testkit.directory import Company, directory_id, subject
from testkit.plugin import PublishedFacts, PublishedWork
from testkit.published import Work

ADMIN = f"{SCOPE} testkit.card.all"


async def owner_changes(people: People, card: str) -> list[dict[str, Any]]:
    answer = await people.get("zhao", f"/cards/{card}/owners", scope=ADMIN)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def history(
    people: People,
    card: str,
) -> list[tuple[str, str, str]]:
    """Return who transferred a card from whom to whom, newest first."""
    return [
        (one["changed_by_name"], one["from_owner_name"], one["to_owner_name"])
        for one in await owner_changes(people, card)
    ]


async def test_a_record_follows_its_owner(
    company: Company, people: People, published: PublishedFacts
) -> None:
    card = await people.card("li")
    answer = await people.transfer("li", card, "zheng")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.json() == {
        "id": card,
        "owner_id": subject("zheng"),
        "owner_name": "zheng",
        "version": 2,
        "along": [],
    }
    for name, status in {"li": 404, "sun": 404, "zheng": 200, "wu": 200, "qian": 200}.items():
        assert (await people.get(name, f"/cards/{card}")).status_code == status
    assert [fact.type for fact in await published()] == [
        "testkit.card.written.v1",
        "testkit.card.changed.v1",
    ]


async def test_the_new_owner_is_notified_unless_they_took_it_themselves(
    company: Company, people: People, published_work: PublishedWork
) -> None:
    card = await people.card("li", "Acme")
    await people.transfer("sun", card, "zhou")
    await people.transfer("sun", card, "zhou")
    await people.transfer("sun", card, "sun")
    text = "Acme has been assigned to you."
    assert await published_work() == [
        Work("notified", "ASSIGNED", "testkit.card", subject("zhou"), text)
    ]


async def test_the_audit_trail_holds_the_reason_of_a_transfer(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await people.transfer("li", card, "zheng")
    told = (await people.get("zheng", f"/cards/{card}/audit")).json()["items"]
    assert [(one["verb"], one["reason"]) for one in told] == [
        ("UPDATE", "handed over"),
        ("INSERT", None),
    ]


async def test_a_repeated_transfer_answers_its_result(
    company: Company, people: People, published: PublishedFacts
) -> None:
    card = await people.card("li")
    for _ in range(2):
        answer = await people.transfer("sun", card, "zhou")
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert len(await published()) == 2
    assert await history(people, card) == [("sun", "li", "zhou")]


async def test_a_second_reason_for_one_transfer_is_refused(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await people.transfer("sun", card, "zhou")
    body = {"owner_id": subject("zhou"), "reason": "another"}
    path = f"/cards/{card}/transfer"
    stale = await people.post("sun", path, body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    other = await people.post("sun", path, body)
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    assert [one["reason"] for one in await owner_changes(people, card)] == ["handed over"]
    many = {"ids": [card], "owner_id": subject("zhou"), "reason": "another"}
    answer = await people.post("sun", "/cards/transfer", many)
    assert [one["status"] for one in answer.json()["items"]] == [200]


async def test_the_history_names_every_change(company: Company, people: People) -> None:
    card = await people.card("li")
    for giver, to in (("li", "zhou"), ("sun", "wu"), ("wu", "zheng")):
        assert (await people.transfer(giver, card, to)).status_code == 200
    told = (await people.get("zheng", f"/cards/{card}/owners")).json()
    assert [one["reason"] for one in told["items"]] == ["handed over"] * 3
    assert await history(people, card) == [
        ("wu", "wu", "zheng"),
        ("sun", "zhou", "wu"),
        ("li", "li", "zhou"),
    ]
    first = (await people.get("zheng", f"/cards/{card}/owners?limit=2")).json()
    rest = await people.get("zheng", f"/cards/{card}/owners?cursor={first['next_cursor']}")
    assert [len(first["items"]), len(rest.json()["items"])] == [2, 1]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("zheng", 404, "CARD_NOT_FOUND"),
        ("wang", 403, "RECORD_READ_ONLY"),
        ("bei", 403, "OWNERSHIP_REQUIRED"),
    ],
)
async def test_only_owner_and_managers_may_transfer(
    company: Company, people: People, name: str, status: int, code: str
) -> None:
    card = await people.card("li")
    await people.put("li", f"/cards/{card}/team/{directory_id('wang')}", {})
    await people.put("li", f"/cards/{card}/team/{directory_id('bei')}", {"access": "WRITE"})
    answer = await people.transfer(name, card, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await history(people, card) == []


async def test_a_transfer_with_a_stale_etag_is_refused(company: Company, people: People) -> None:
    card = await people.card("li")
    await people.patch("li", f"/cards/{card}", {"title": "newer"})
    stale = await people.transfer("li", card, "zhou", headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    fresh = await people.transfer("li", card, "zhou", headers={"If-Match": '"2"'})
    assert fresh.status_code == 200
    again = await people.transfer("sun", card, "zhou", headers={"If-Match": '"2"'})
    assert again.status_code == 200  # it is his already


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/owner_id", "REQUIRED"),
        ({"owner_id": ""}, "/owner_id", "TOO_SHORT"),
        ({"owner_id": None}, "/owner_id", "TYPE_INVALID"),
        ({"owner_id": 7}, "/owner_id", "TYPE_INVALID"),
        ({"owner_id": "nobody"}, "/owner_id", "OWNER_UNKNOWN"),
        ({"owner_id": subject("gone")}, "/owner_id", "OWNER_INACTIVE"),
        ({"owner_id": subject("zhou"), "reason": ""}, "/reason", "TOO_SHORT"),
        ({"owner_id": subject("zhou"), "reason": "x" * 501}, "/reason", "TOO_LONG"),
        ({"owner_id": subject("zhou"), "to": 1}, "/to", "UNKNOWN_FIELD"),
        ({"owner_id": "a\x00b"}, "/owner_id", "TEXT_INVALID"),
    ],
)
async def test_invalid_transfers_are_refused(
    company: Company, people: People, body: Any, pointer: str, code: str
) -> None:
    await company.person("gone", "team A", active=False)
    card = await people.card("li")
    for path, more in ((f"/cards/{card}/transfer", {}), ("/cards/transfer", {"ids": [card]})):
        answer = await people.post("li", path, {**body, **more})
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_many_are_transferred_independently(
    company: Company, people: People, published: PublishedFacts
) -> None:
    cards = [await people.card(name) for name in ("li", "zhou", "zheng", "sun")]
    nobody = "01990000-0000-7000-8000-00000000dead"
    await people.put("zheng", f"/cards/{cards[2]}/team/{directory_id('sun')}", {})
    body = {"ids": [*cards, nobody, cards[0]], "owner_id": subject("sun"), "reason": "leaving"}
    answer = await people.post("sun", "/cards/transfer", body)
    assert answer.status_code == 207
    items = answer.json()["items"]
    assert [one["id"] for one in items] == [*cards, nobody]
    assert [one["status"] for one in items] == [200, 200, 403, 200, 404]
    assert [one["version"] for one in items] == [2, 2, None, 1, None]
    assert items[2]["problem"]["code"] == "RECORD_READ_ONLY"
    assert items[4]["problem"]["code"] == "CARD_NOT_FOUND"
    assert items[4]["problem"]["instance"] == f"/testkit/v1/cards/{nobody}/transfer"
    assert await history(people, cards[0]) == [("sun", "li", "sun")]
    assert await history(people, cards[3]) == []
    assert len(await published()) == 6


@pytest.mark.parametrize(
    ("ids", "code"), [([], "TOO_SHORT"), (["x"], "ID_INVALID"), ([subject("li")] * 201, "TOO_LONG")]
)
async def test_the_number_of_records_is_limited(
    company: Company, people: People, ids: list[str], code: str
) -> None:
    answer = await people.post("li", "/cards/transfer", {"ids": ids, "owner_id": subject("li")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


async def test_concurrent_transfers_of_one_record(committed_people: People) -> None:
    """The second transfer starts from the first's result: the history is a chain without gaps."""
    people = committed_people
    for _ in range(5):
        card = await people.card("li")
        answers = await asyncio.gather(
            people.transfer("li", card, "zheng"),
            people.transfer("sun", card, "zhou"),
            people.transfer("zhao", card, "wang"),
            people.transfer("qian", card, "wu"),
        )
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 404}
        changes = list(reversed(await history(people, card)))
        assert len(changes) == statuses.count(200)
        owners = ["li", *(to for _, _, to in changes)]
        assert [before for _, before, _ in changes] == owners[:-1]
        end = (await people.get("zhao", f"/cards/{card}", scope=ADMIN)).json()
        assert (end["owner_id"], end["version"]) == (subject(owners[-1]), 1 + len(changes))


async def test_a_grant_concurrent_with_a_transfer(committed_people: People) -> None:
    """A former owner may not grant: the grant is either earlier than the transfer or refused."""
    people = committed_people
    for _ in range(8):
        card = await people.card("li")
        path = f"/cards/{card}/team/{directory_id('bei')}"
        moved, granted = await asyncio.gather(
            people.transfer("sun", card, "zheng"),
            people.put("li", path, {"access": "WRITE"}),
        )
        assert moved.status_code == 200
        assert granted.status_code in (200, 404)
        seen = (await people.get("bei", f"/cards/{card}")).status_code
        assert seen == (200 if granted.status_code == 200 else 404)


async def test_concurrent_transfers_of_many_do_not_deadlock(committed_people: People) -> None:
    people = committed_people
    cards = [await people.card("li") for _ in range(12)]
    bodies = [
        {"ids": ids, "owner_id": subject(to)}
        for ids, to in ((cards, "zhou"), (cards[::-1], "li"), (cards[::2] + cards[1::2], "sun"))
    ]
    answers = await asyncio.gather(
        *(people.post("sun", "/cards/transfer", body) for body in bodies * 2)
    )
    assert {answer.status_code for answer in answers} == {207}
    assert {one["status"] for answer in answers for one in answer.json()["items"]} == {200}


async def test_an_idempotency_key_transfers_once(committed_people: People) -> None:
    people = committed_people
    card = await people.card("li")
    key = {"Idempotency-Key": "give-it-once"}
    first = await people.transfer("li", card, "zheng", headers=key)
    again = await people.transfer("li", card, "zheng", headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.json() == first.json()
    assert len(await history(people, card)) == 1
