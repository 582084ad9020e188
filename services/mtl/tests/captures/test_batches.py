"""Many captures at once, each with an outcome of its own."""

from collections import Counter
from typing import Any

from httpx import AsyncClient

from services.mtl.tests.channels.senders import captures, open_channel, send_batch
from services.mtl.tests.factories import problem

BAD: tuple[Any, ...] = (
    None,
    7,
    [],
    {},
    {"payload": []},
    {"payload": {"name": "a\0b"}},
    {"payload": {"company": "远景"}, "event_id": ""},
    {"payload": {"company": "远景"}, "other": 1},
    {"payload": {"a": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}},
)


async def test_two_hundred_with_bad_rows_among_them(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, shows_duplicates=True)
    good = [
        {
            "payload": {"company": f"公司 {n}", "phone": f"138001380{n % 90:02}"},
            "event_id": f"e-{n}",
        }
        for n in range(191)
    ]
    entries = [*good[:100], *BAD, *good[100:]]
    answer = await send_batch(client, channel_id, key, entries)
    assert answer.status_code == 207, answer.text
    results = answer.json()["results"]
    assert len(results) == 200
    assert [each["status"] for each in results[100:109]] == [422] * 9
    assert results[105]["problem"]["errors"][0]["pointer"] == "/payload"
    assert Counter(each["status"] for each in results) == {201: 191, 422: 9}
    outcomes = Counter(each["receipt"]["outcome"] for each in results if each["receipt"])
    assert outcomes == {"ACCEPTED": 90, "ATTACHED": 101}
    assert [one["id"] for one in await captures(client, "limit=200")].__len__() == 191
    total = (await client.get("/leads?include_total=true")).json()["total"]
    assert total == 90


async def test_a_batch_that_is_sent_again_counts_once(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    entries: list[dict[str, Any]] = [
        {"payload": {"company": f"公司 {n}"}, "event_id": f"e-{n}"} for n in range(5)
    ]
    first = (await send_batch(client, channel_id, key, entries)).json()["results"]
    entries[3]["payload"] = {"company": "另一家"}
    again = (await send_batch(client, channel_id, key, [*entries, entries[0]])).json()["results"]
    assert [each["status"] for each in first] == [201] * 5
    assert [each["status"] for each in again] == [200, 200, 200, 409, 200, 200]
    assert again[3]["problem"]["code"] == "CAPTURE_RECORDED_OTHERWISE"
    assert again[0]["receipt"] == again[5]["receipt"] == first[0]["receipt"]


async def test_an_event_twice_in_a_batch_counts_once(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    entry = {"payload": {"company": "远景", "phone": "13800138000"}, "event_id": "e-1"}
    results = (await send_batch(client, channel_id, key, [entry, entry])).json()["results"]
    assert sorted(each["status"] for each in results) == [200, 201]
    assert len(await captures(client)) == 1


async def test_a_batch_has_one_to_two_hundred_entries(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    wrong: tuple[Any, ...] = ([], [{"payload": {"company": "远景"}}] * 201, None, {})
    for entries in wrong:
        assert (await send_batch(client, channel_id, key, entries)).status_code == 422
    assert problem(await send_batch(client, channel_id, "l2ck_x", [])) == (
        404,
        "ACCESS_KEY_REFUSED",
    )
