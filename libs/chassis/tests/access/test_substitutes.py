"""Whoever stands in for another works on their records, and gives none of them away."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.chassis.tests.access.people import People
from testkit.directory import Company, directory_id, leave

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)


async def away(company: Company, name: str, department: str, substitute: str) -> None:
    leaves = [leave(TODAY, TODAY + DAY, substitute)]
    await company.person(name, department, leaves=leaves)


async def may_give_away(people: People, name: str, card: str) -> set[bool]:
    """Whether somebody may grant writing, and transfer; and what they are told of that."""
    path = f"/cards/{card}/team/{directory_id('wang')}"
    granted = await people.put(name, path, {"access": "WRITE"})
    moved = await people.transfer(name, card, name)
    told = (await people.get(name, f"/cards/{card}/access")).json()
    for answer in (granted, moved):
        assert answer.status_code in (200, 403)
        if answer.status_code == 403:
            assert answer.json()["code"] == "OWNERSHIP_REQUIRED"
    return {granted.status_code == 200, moved.status_code == 200, told["mine"]["transfer"]}


@pytest.mark.parametrize(
    ("absent", "department"), [("li", "team A"), ("sun", "team A"), ("qian", "sales")]
)
async def test_a_substitute_works_on_it_but_is_no_head(
    company: Company, people: People, absent: str, department: str
) -> None:
    """Nor for what the absent one sees as the head of a department."""
    card = await people.card("li")
    await away(company, absent, department, "bei")
    edited = await people.patch("bei", f"/cards/{card}", {"title": "by the substitute"})
    assert edited.status_code == 200
    reading = await people.put("bei", f"/cards/{card}/team/{directory_id('wu')}", {})
    assert reading.status_code == 200
    assert await may_give_away(people, "bei", card) == {False}


async def test_a_manager_who_stands_in_stays_the_head(company: Company, people: People) -> None:
    """Of those below them: sun heads team A with or without li's absence."""
    card = await people.card("li")
    await away(company, "li", "team A", "sun")
    assert await may_give_away(people, "sun", card) == {True}


async def test_what_a_manager_stands_in_for_is_not_theirs(company: Company, people: People) -> None:
    card = await people.card("zheng")
    await away(company, "wu", "team B", "sun")
    assert await may_give_away(people, "sun", card) == {False}
    own = await people.card("zhou")
    assert await may_give_away(people, "sun", own) == {True}
