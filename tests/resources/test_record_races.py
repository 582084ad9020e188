"""Concurrent requests on a record have one result, with real commits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable

import httpx
import pytest

from testkit.directory import Company, subject
from testkit.samples import Body
from tests.resources.records import ANY, Records

DELETE, RESTORE = "DELETE /{}", "POST /{}/restore"
PUT = "PUT /by-external-id/{}/{}"
TRANSFER = "POST /{}/transfer"
PEOPLE = ("zhou", "zheng", "wang", "wu")


async def at_once(*calls: Awaitable[httpx.Response]) -> list[httpx.Response]:
    return list(await asyncio.gather(*calls))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def assert_published(records: Records, record: Body) -> None:
    """Assert that every version of a record was published once, in order."""
    assert await records.versions(record) == records.expected_versions(record["version"])


@pytest.mark.records
async def test_of_changes_with_one_version_one_wins(committed_records: Records) -> None:
    records, record = committed_records, await committed_records.create()
    tag = f'"{record["version"]}"'
    calls = [records.patch(record, records.sample.variation(n), if_match=tag) for n in range(4)]
    if records.has(DELETE):
        calls.append(records.call(DELETE, record["id"], if_match=tag))
    answers = await at_once(*calls)
    [won] = [answer for answer in answers if answer.is_success]
    refusal = 404 if won.status_code == 204 else 412
    assert statuses(answers) == {won.status_code: 1, refusal: len(calls) - 1}
    await assert_published(records, record | {"version": record["version"] + 1})


@pytest.mark.records(DELETE)
async def test_concurrent_deletions_are_one(committed_records: Records) -> None:
    records, record = committed_records, await committed_records.create()
    answers = await at_once(*(records.call(DELETE, record["id"], if_match=ANY) for _ in range(4)))
    expected = {204: 4} if records.has(RESTORE) else {204: 1, 404: 3}
    assert statuses(answers) == expected
    await assert_published(records, record | {"version": record["version"] + 1})


@pytest.mark.records(DELETE, RESTORE)
async def test_deletions_and_restores_alternate(committed_records: Records) -> None:
    records, before = committed_records, await committed_records.create()
    answers = await at_once(
        *(
            records.call(route, before["id"], if_match=ANY)
            for _ in range(4)
            for route in (DELETE, RESTORE)
        )
    )
    assert statuses(answers) == {204: 4, 200: 4}
    deleted = await records.listed("?deleted=true")
    [after] = deleted or await records.listed()
    assert (after["version"] - before["version"]) % 2 == len(deleted)
    await assert_published(records, after)


@pytest.mark.records(TRANSFER, "GET /{}/owners")
async def test_transfers_are_made_one_after_the_other(committed_records: Records) -> None:
    records = committed_records
    async with records.maker.begin() as tx:
        company = Company(tx)
        for name in PEOPLE:
            await company.person(name)
    before = await records.create()
    for if_match, expected in ((f'"{before["version"]}"', {200: 1, 412: 3}), (ANY, {200: 4})):
        answers = await at_once(
            *(
                records.call(
                    TRANSFER, before["id"], json={"owner_id": subject(name)}, if_match=if_match
                )
                for name in PEOPLE
            )
        )
        assert statuses(answers) == expected
    after = await records.read(before["id"])
    changes = (await records.call("GET /{}/owners", before["id"])).json()["items"][::-1]
    owners = [before["owner_id"], *(change["to_owner_id"] for change in changes)]
    assert [change["from_owner_id"] for change in changes] == owners[:-1]
    assert after["owner_id"] == owners[-1]
    assert after["version"] == before["version"] + len(changes)
    await assert_published(records, after)


@pytest.mark.records(PUT)
async def test_puts_of_one_external_id_create_one_record(committed_records: Records) -> None:
    records, before = committed_records, await committed_records.ids()
    body = await records.body()
    answers = await at_once(
        *(records.put("42", body | records.sample.variation(n % 2)) for n in range(6))
    )
    assert statuses(answers) == {201: 1, 200: 5}
    assert len({answer.json()["id"] for answer in answers}) == 1
    [record] = [each for each in await records.listed() if each["id"] not in before]
    await assert_published(records, record)


@pytest.mark.records("POST")
async def test_posts_with_one_idempotency_key_create_one_record(
    committed_records: Records,
) -> None:
    """A request that comes while the first one still runs is refused, or answered like it."""
    records, before = committed_records, await committed_records.ids()
    body = await records.body()
    answers = await at_once(*(records.post(body, key="k1") for _ in range(4)))
    assert statuses(answers).keys() <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "IDEMPOTENCY_KEY_IN_USE"
    }
    again = await records.post(body, key="k1")
    created = {answer.json()["id"] for answer in (*answers, again) if answer.status_code == 201}
    new = [each for each in await records.ids() if each not in before]
    assert [again.json()["id"]] == new == list(created)
    await assert_published(records, again.json())
