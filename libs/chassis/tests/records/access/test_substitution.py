"""Tests of substitutes: they change the records of the absent person, but may not transfer them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.chassis.tests.records.access.people import People
from testkit.directory import Company, directory_id, leave

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)


async def put_on_leave(company: Company, name: str, department: str, substitute: str) -> None:
    leaves = [leave(TODAY, TODAY + DAY, substitute)]
    await company.person(name, department, leaves=leaves)


async def transfer_rights(people: People, name: str, card: str) -> set[bool]:
    """Whether a person may grant write access and transfer, by request and by explanation."""
    path = f"/cards/{card}/team/{directory_id('wang')}"
    granted = await people.put(name, path, {"access": "WRITE"})
    transferred = await people.transfer(name, card, name)
    explanation = (await people.get(name, f"/cards/{card}/access")).json()
    for answer in (granted, transferred):
        assert answer.status_code in (200, 403)
        if answer.status_code == 403:
            assert answer.json()["code"] == "OWNERSHIP_REQUIRED"
    return {
        granted.status_code == 200,
        transferred.status_code == 200,
        explanation["mine"]["transfer"],
    }


@pytest.mark.parametrize(
    ("absent", "department"), [("li", "team A"), ("sun", "team A"), ("qian", "sales")]
)
async def test_a_substitute_may_edit_but_not_transfer(
    company: Company, people: People, absent: str, department: str
) -> None:
    """This includes records that the absent person sees as the manager of a department."""
    card = await people.card("li")
    await put_on_leave(company, absent, department, "bei")
    edited = await people.patch("bei", f"/cards/{card}", {"title": "by the substitute"})
    assert edited.status_code == 200
    reading = await people.put("bei", f"/cards/{card}/team/{directory_id('wu')}", {})
    assert reading.status_code == 200
    assert await transfer_rights(people, "bei", card) == {False}


async def test_a_manager_who_is_a_substitute_may_still_transfer(
    company: Company, people: People
) -> None:
    """Sun manages team A, whether li is absent or not."""
    card = await people.card("li")
    await put_on_leave(company, "li", "team A", "sun")
    assert await transfer_rights(people, "sun", card) == {True}


async def test_a_manager_may_not_transfer_records_seen_by_substitution(
    company: Company, people: People
) -> None:
    card = await people.card("zheng")
    await put_on_leave(company, "wu", "team B", "sun")
    assert await transfer_rights(people, "sun", card) == {False}
    own = await people.card("zhou")
    assert await transfer_rights(people, "sun", own) == {True}
