"""Every resource stores, filters and searches numbers and mail addresses in the same way."""

from typing import Any

import pytest
from sqlalchemy import Table

from chassis.database.encryption.columns import is_encrypted
from chassis.records.record_types import record_type_of
from testkit.samples import Body
from testkit.tenants import add_tenant
from tests.resources.records import Records, errors_of


async def _with(records: Records, **values: Any) -> Body:
    """Create a record and give it these values."""
    record = await records.create()
    changed = await records.patch(record, values)
    assert changed.status_code == 200, changed.text
    shown: Body = changed.json()
    return shown


def table_of(records: Records) -> Table:
    """The table in which these records are stored."""
    return record_type_of(records.resource.name).table


async def _search(records: Records, *groups: Body) -> list[str]:
    answer = await records.call("POST /search", json={"filter_groups": list(groups)})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.records("POST", "GET", "POST /search", shows="phone")
async def test_numbers_are_stored_filtered_and_found_alike(records: Records) -> None:
    record = await _with(records, phone="010-62345678转8001")
    assert record["phone"] == "+861062345678;ext=8001"
    found = [record["id"]]
    for spelling in ("010-62345678-8001", "%2B86 10 6234 5678 ext. 8001"):
        assert await records.ids(f"?phone={spelling}") == found
        assert await records.ids(f"?phone__in=13800138000,{spelling}") == found
        assert await records.ids(f"?q={spelling}") == found
    if is_encrypted(table_of(records).c.phone):  # its beginning is not known without the key
        refused = await records.call("GET", query="?phone__startswith=010-62")
        assert errors_of(refused) == {("?phone__startswith", "UNKNOWN_FIELD")}
    else:
        assert await records.ids("?phone__startswith=010-62") == found
    assert await records.ids("?phone=010-62345678") == []
    assert await _search(records, {"phone": "010 62345678 x8001"}) == found
    for whole_or_end in ("010-62345678", "62345678", "5678", "8001", "%2B861062345678"):
        assert await records.ids(f"?q={whole_or_end}") == found, whole_or_end
    for other in ("1062", "623456", "1008", "8765"):
        assert await records.ids(f"?q={other}") == [], other
    assert await records.ids("?q=%20") == await records.ids() != []
    view = {"name": "总机", "query": "phone=010-62345678 x8001"}
    named = {**view, "resource": records.resource.name}
    saved = await records.client.post("/saved-views", json=named)
    assert saved.status_code == 201, saved.text
    assert await records.ids(f"?view={saved.json()['id']}") == found
    changed = await records.patch(record, {"phone": "13800138000"})
    assert changed.json()["phone"] == "+8613800138000"
    assert await records.ids("?q=8001") == []
    assert await records.ids("?q=138 0013 8000") == found


@pytest.mark.records("POST", "GET", "POST /search", shows="phone")
async def test_a_filter_refuses_what_is_no_number(records: Records) -> None:
    await records.create()
    refused = await records.call("GET", query="?phone=abc")
    assert errors_of(refused) == {("?phone", "PHONE_INVALID")}
    refused = await records.call("POST /search", json={"filter_groups": [{"phone__in": ["12"]}]})
    assert errors_of(refused) == {("/filter_groups/0/phone__in", "PHONE_INVALID")}


@pytest.mark.records("POST", "GET", shows="phone")
async def test_the_country_of_the_tenant_reads_numbers(records: Records) -> None:
    async with records.maker.begin() as tx:
        await add_tenant(tx, country="US")
    record = await _with(records, phone="(415) 555-2673")
    assert record["phone"] == "+14155552673"
    assert await records.ids("?phone=415.555.2673") == [record["id"]]
    assert await records.ids("?q=415-555-2673") == [record["id"]]
    async with records.maker.begin() as tx:
        await add_tenant(tx, country=None)
    refused = await records.patch(record, {"phone": "(415) 555-2674"})
    assert errors_of(refused) == {("/phone", "PHONE_REGION_UNKNOWN")}
    kept = await records.patch(record, {"phone": "+1 415-555-2675"})
    assert kept.json()["phone"] == "+14155552675"


@pytest.mark.records("POST", "GET", "POST /search", shows="email")
async def test_mail_addresses_are_stored_filtered_and_found_alike(records: Records) -> None:
    record = await _with(records, email="Wang.Fang@Example.COM")
    found = [record["id"]]
    for spelling in ("WANG.FANG@EXAMPLE.com", "ｗang.fang＠example.com"):
        assert await records.ids(f"?email={spelling}") == found
        assert await records.ids(f"?email__in=other@example.com,{spelling}") == found
        assert await _search(records, {"email": spelling}) == found
        assert await records.ids(f"?q={spelling}") == found
    if is_encrypted(table_of(records).c.email):
        refused = await records.call("GET", query="?email__startswith=WANG.")
        assert errors_of(refused) == {("?email__startswith", "UNKNOWN_FIELD")}
    else:
        assert await records.ids("?email__startswith=WANG.") == found
    assert await records.ids("?q=@Example.com") == found
    assert await records.ids("?q=wang.fang@example") == []
    refused = await records.call("GET", query="?email=wang@")
    assert errors_of(refused) == {("?email", "EMAIL_INVALID")}


@pytest.mark.records("GET", shows="document_no")
async def test_document_numbers_are_found(records: Records) -> None:
    record = await records.create()
    number = record["document_no"]
    assert record["id"] in await records.ids(f"?q={number}")
    assert record["id"] in await records.ids(f"?q={number[-6:]}")
    assert await records.ids("?q=NO-SUCH-9999") == []
