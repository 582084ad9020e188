"""The routes of working hours, told as the calls of the page on which people set them."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.org.tests import factories
from services.org.tests.factories import codes, create_department, created
from testkit import tokens
from testkit.plugin import PublishedFacts

DAY_SHIFT = {"start": "09:00", "end": "18:00", "breaks": [{"start": "12:00", "end": "13:00"}]}
WEEK = {day: [DAY_SHIFT] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
DEADLINE, MEASURE = "/working-hours/{id}/deadline", "/working-hours/{id}/working-time"


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await factories.store_tenant(tx, tenant)


async def add_hours(client: AsyncClient, name: str = "客服", **changes: Any) -> dict[str, Any]:
    body = {"name": name, "week": WEEK, **changes}
    return created(await client.post("/working-hours", json=body))


async def assign(
    client: AsyncClient, hours: dict[str, Any], department: dict[str, Any]
) -> Response:
    body = {"department_id": department["id"]}
    return await client.post(f"/working-hours/{hours['id']}/assign", json=body)


async def effective(client: AsyncClient, department: dict[str, Any]) -> tuple[str, str | None]:
    answer = await client.get(f"/departments/{department['id']}/working-hours")
    assert answer.status_code == 200, answer.text
    return answer.json()["source"], answer.json()["name"]


async def test_the_page_of_working_hours(client: AsyncClient, published: PublishedFacts) -> None:
    # 1. The page opens: the list on the left, the labels of weekdays and reasons from /enums.
    assert (await client.get("/working-hours?sort=name")).json()["items"] == []
    labels = (await client.get("/enums")).json()
    assert "DayReason" in str(labels)
    # 2. A new record with its week grid.
    hours = await add_hours(client, "客服两班")
    path = f"/working-hours/{hours['id']}"
    assert hours["week"]["monday"] == [DAY_SHIFT]
    assert (hours["week"]["sunday"], hours["own_days"]) == ([], [])
    assert (hours["timezone"], hours["follows_calendar"], hours["make_up_weekday"]) == (
        None, True, "MONDAY",
    )  # fmt: skip
    # 3. A cell of the grid is changed: only that weekday is sent.
    split = [{"start": "08:00", "end": "12:00"}, {"start": "13:30", "end": "17:00"}]
    patched = (await client.patch(path, json={"week": {"saturday": split}})).json()
    assert [shift["end"] for shift in patched["week"]["saturday"]] == ["12:00", "17:00"]
    assert patched["week"]["monday"] == [DAY_SHIFT]
    # 4. Own days are sent as a whole list; null closes a weekday.
    own_days = [
        {"date": "2026-12-31", "shifts": [], "name": "年会"},
        {"date": "2026-12-24", "shifts": [{"start": "09:00", "end": "12:00"}]},
    ]
    patched = (
        await client.patch(path, json={"own_days": own_days, "week": {"friday": None}})
    ).json()
    assert [own["date"] for own in patched["own_days"]] == ["2026-12-24", "2026-12-31"]
    assert (patched["week"]["friday"], patched["version"]) == ([], 3)
    assert (await client.patch(path, json={"name": "客服两班"})).json()["version"] == 3
    # 5. The page shows a month, and the answer of each change of the departments.
    month = (await client.get(f"{path}/month?month=2026-12")).json()
    assert len(month["days"]) == 31
    sales = await create_department(client)
    assert (await assign(client, patched, sales)).json()["department_ids"] == [sales["id"]]
    assert await effective(client, sales) == ("DEPARTMENT", "客服两班")
    facts = [(e.type, e.sequence) for e in await published() if "working_hours" in e.type]
    assert facts == [
        ("org.working_hours.created.v1", 1),
        ("org.working_hours.changed.v1", 2),
        ("org.working_hours.changed.v1", 3),
        ("org.working_hours.changed.v1", 4),
    ]
    audit = (await client.get(f"{path}/audit")).json()["items"]
    assert {entry["part"] for entry in audit} == {None, "departments"}


async def test_the_own_days_of_a_department_count_in_its_clocks(client: AsyncClient) -> None:
    hours, sales = await add_hours(client), await create_department(client)
    below = await create_department(client, "上海", parent_id=sales["id"])
    day = f"/calendar/days/2026-12-14?department_id={sales['id']}"
    assert (await client.put(day, json={"working": False, "name": "盘点"})).status_code == 200
    path = f"/working-hours/{hours['id']}"
    span = "from_at=2026-12-14T00:00:00Z&to_at=2026-12-15T00:00:00Z"
    for department, reason, seconds in (
        ("", "WEEKDAY", 8 * 3600),
        (f"&department_id={sales['id']}", "HOLIDAY", 0),
        (f"&department_id={below['id']}", "HOLIDAY", 0),
    ):
        month = (await client.get(f"{path}/month?month=2026-12{department}")).json()
        assert month["days"][13]["reason"] == reason
        measured = (await client.get(f"{path}/working-time?{span}{department}")).json()
        assert measured["seconds"] == seconds
    unknown = await client.get(f"{path}/open-state?department_id={new_id()}")
    assert unknown.status_code == 404


async def test_a_month_shows_why_each_date_is_worked(client: AsyncClient) -> None:
    hours = await add_hours(
        client,
        own_days=[{"date": "2026-10-12", "shifts": [{"start": "22:00", "end": "02:00"}]}],
    )
    await client.put("/calendar/days/2026-10-13", json={"working": False, "name": "周年庆"})
    month = (await client.get(f"/working-hours/{hours['id']}/month?month=2026-10")).json()
    days = {day["date"][-2:]: day for day in month["days"]}
    assert {number: days[number]["reason"] for number in ("01", "09", "10", "11", "12", "13")} == {
        "01": "HOLIDAY",
        "09": "WEEKDAY",
        "10": "MAKE_UP_WORKDAY",
        "11": "WEEKDAY",  # a Sunday, without shifts
        "12": "OWN_DAY",
        "13": "HOLIDAY",
    }
    assert (days["01"]["name"], days["13"]["name"]) == ("National Day", "周年庆")
    assert days["10"]["shifts"] == [DAY_SHIFT]
    assert days["11"]["intervals"] == []
    assert days["12"]["intervals"] == [
        {"start_at": "2026-10-12T14:00:00Z", "end_at": "2026-10-12T18:00:00Z"}
    ]
    assert (days["10"]["working_time"], days["12"]["working_time"]) == ("PT8H", "PT4H")
    # 31 days have 22 weekdays; 1, 2, 5, 6, 7, 12 and 13 October are special: 15 remain, and the
    # make-up Saturday; the own day has 4 hours.
    assert month["working_time"] == "PT132H"
    assert (month["timezone"], month["official_until"]) == ("Asia/Shanghai", "2026-12-31")


async def test_deadlines_and_working_time_are_computed(client: AsyncClient) -> None:
    hours = await add_hours(client)
    path = f"/working-hours/{hours['id']}"
    deadline = await client.get(
        f"{path}/deadline", params={"from_at": "2026-09-30T17:00:00+08:00", "duration": "PT2H"}
    )
    assert deadline.json() == {"deadline_at": "2026-10-08T02:00:00Z", "timezone": "Asia/Shanghai"}
    measured = await client.get(
        f"{path}/working-time",
        params={"from_at": "2026-09-30T09:00:00Z", "to_at": "2026-10-08T02:00:00Z"},
    )
    assert measured.json() == {
        "working_time": "PT2H", "seconds": 7200, "timezone": "Asia/Shanghai",
    }  # fmt: skip
    state = await client.get(f"{path}/open-state", params={"at": "2026-11-23T11:30:00+08:00"})
    assert state.json() == {
        "at": "2026-11-23T03:30:00Z",
        "is_open": True,
        "next_opening_at": "2026-11-23T05:00:00Z",
        "next_closing_at": "2026-11-23T04:00:00Z",
        "timezone": "Asia/Shanghai",
    }
    assert (await client.get(f"{path}/open-state")).status_code == 200


async def test_the_calendars_own_time_zone_changes_its_clocks(client: AsyncClient) -> None:
    night = {"saturday": [{"start": "22:00", "end": "06:00"}]}
    hours = await add_hours(client, week=night, timezone="Europe/Berlin", follows_calendar=False)
    for span, expected in (
        (("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), "PT7H"),
        (("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), "PT9H"),
    ):
        measured = await client.get(
            MEASURE.format(**hours), params={"from_at": span[0], "to_at": span[1]}
        )
        assert (measured.json()["working_time"], measured.json()["timezone"]) == (
            expected, "Europe/Berlin",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        (DEADLINE, {"from_at": "x", "duration": "4h"}, {
            ("?from_at", "INSTANT_INVALID"), ("?duration", "DURATION_INVALID"),
        }),
        (DEADLINE, {"from_at": "2026-01-01T00:00:00Z", "duration": "PT999999H"}, {
            ("?duration", "DEADLINE_TOO_FAR"),
        }),
        (DEADLINE, {"from_at": "1999-01-01T00:00:00Z", "duration": "PT1H"}, {
            ("?from_at", "DAY_OUT_OF_RANGE"),
        }),
        (DEADLINE, {"from_at": "9999-12-31T23:59:59Z", "duration": "PT1H"}, {
            ("?from_at", "DAY_OUT_OF_RANGE"),
        }),
        (MEASURE, {"from_at": "2026-01-02T00:00:00Z", "to_at": "2026-01-01T00:00:00Z"}, {
            ("?to_at", "END_BEFORE_START"),
        }),
        (MEASURE, {"from_at": "2020-01-02T00:00:00Z", "to_at": "2026-01-01T00:00:00Z"}, {
            ("?to_at", "SPAN_TOO_LONG"),
        }),
        (MEASURE, {"from_at": "1999-01-02T00:00:00Z", "to_at": "2100-01-01T00:00:00Z"}, {
            ("?from_at", "DAY_OUT_OF_RANGE"), ("?to_at", "DAY_OUT_OF_RANGE"),
        }),
        ("/working-hours/{id}/month", {"month": "2026-13"}, {("?month", "PATTERN_MISMATCH")}),
        ("/working-hours/{id}/open-state", {"at": "2026-01-01T00:00:00Z", "on": "1"}, {
            ("?on", "UNKNOWN_FIELD"),
        }),
    ],
)  # fmt: skip
async def test_impossible_questions_are_refused(
    client: AsyncClient, path: str, params: dict[str, str], expected: set[tuple[str, str]]
) -> None:
    hours = await add_hours(client)
    answer = await client.get(path.format(**hours), params=params)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"week": None}, {("/week", "TYPE_INVALID")}),
        (
            {"week": {"monday": [{"start": "9:00", "end": "24:30"}], "mittwoch": []}},
            {
                ("/week/monday/0/start", "PATTERN_MISMATCH"),
                ("/week/monday/0/end", "PATTERN_MISMATCH"),
                ("/week/mittwoch", "UNKNOWN_FIELD"),
            },
        ),
        ({"week": {"monday": [DAY_SHIFT] * 11}}, {("/week/monday", "TOO_LONG")}),
        (
            {
                "timezone": "Asia/Beijing",
                "week": {"monday": [DAY_SHIFT, DAY_SHIFT]},
                "own_days": [{"date": "2026-12-31"}, {"date": "2026-12-31"}],
            },
            {
                ("/timezone", "TIMEZONE_UNKNOWN"),
                ("/week/monday/1", "SHIFT_OVERLAPS"),
                ("/own_days/1/date", "OWN_DAY_REPEATED"),
            },
        ),
        ({"is_default": True}, {("/is_default", "UNKNOWN_FIELD")}),
    ],
)
async def test_invalid_hours_are_refused(
    client: AsyncClient, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/working-hours", json={"name": "A", "week": WEEK, **change})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_an_edit_is_validated_as_a_whole(client: AsyncClient) -> None:
    hours = await add_hours(client)
    night = {"week": {"friday": [{"start": "22:00", "end": "06:00"}], "saturday": [DAY_SHIFT]}}
    path = f"/working-hours/{hours['id']}"
    assert (await client.patch(path, json=night)).status_code == 200
    early = {"week": {"saturday": [{"start": "05:00", "end": "12:00"}]}}
    answer = await client.patch(path, json=early)
    assert codes(answer) == {("/week/saturday/0", "SHIFT_OVERLAPS")}
    assert (
        "22:00–06:00"
        in (await client.patch(path, json=early, headers={"Accept-Language": "zh-CN"})).text
    )


async def test_departments_inherit_hours_down_the_tree(client: AsyncClient) -> None:
    root = await create_department(client, "总部")
    sales = await create_department(client, "销售", parent_id=root["id"])
    team = await create_department(client, "一组", parent_id=sales["id"])
    assert await effective(client, team) == ("BUILT_IN", None)
    built_in = (await client.get(f"/departments/{team['id']}/working-hours")).json()
    assert built_in["week"]["friday"] == [DAY_SHIFT]
    assert (built_in["week"]["saturday"], built_in["timezone"]) == ([], "Asia/Shanghai")
    whole, own = await add_hours(client, "全公司"), await add_hours(client, "销售部")
    await client.post(f"/working-hours/{whole['id']}/make-default")
    assert await effective(client, team) == ("TENANT_DEFAULT", "全公司")
    await assign(client, own, sales)
    assert await effective(client, team) == ("ANCESTOR", "销售部")
    inherited = (await client.get(f"/departments/{team['id']}/working-hours")).json()
    assert (inherited["department_id"], inherited["department_name"]) == (sales["id"], "销售")
    await assign(client, whole, team)
    assert await effective(client, team) == ("DEPARTMENT", "全公司")
    await client.post(f"/departments/{team['id']}/move", json={"parent_id": root["id"]})
    body = {"department_id": team["id"]}
    assert (await client.post(f"/working-hours/{whole['id']}/unassign", json=body)).json()[
        "department_ids"
    ] == []
    assert await effective(client, team) == ("TENANT_DEFAULT", "全公司")
    await client.post(f"/working-hours/{whole['id']}/clear-default")
    assert await effective(client, team) == ("BUILT_IN", None)
    missing = await client.get(f"/departments/{new_id()}/working-hours")
    assert (missing.status_code, missing.json()["code"]) == (404, "DEPARTMENT_NOT_FOUND")


async def test_an_assignment_takes_the_department_from_its_present_hours(
    client: AsyncClient, published: PublishedFacts
) -> None:
    sales = await create_department(client)
    one, other = await add_hours(client, "A"), await add_hours(client, "B")
    await assign(client, one, sales)
    assert (await assign(client, other, sales)).json()["department_ids"] == [sales["id"]]
    again = await assign(client, other, sales)  # made already: the same answer
    assert again.json()["version"] == 2
    assert (await client.get(f"/working-hours/{one['id']}")).json()["department_ids"] == []
    found = await client.get(f"/working-hours?department_id={sales['id']}")
    assert [hours["name"] for hours in found.json()["items"]] == ["B"]
    facts = [
        (e.payload["working_hours"]["working_hours_id"], e.sequence)
        for e in await published()
        if "working_hours" in e.type
    ]
    assert facts == [
        (one["id"], 1), (other["id"], 1), (one["id"], 2), (one["id"], 3), (other["id"], 2),
    ]  # fmt: skip


async def test_there_is_one_default(client: AsyncClient) -> None:
    one, other = await add_hours(client, "A"), await add_hours(client, "B")
    await client.post(f"/working-hours/{one['id']}/make-default")
    assert (await client.post(f"/working-hours/{other['id']}/make-default")).json()["is_default"]
    items = (await client.get("/working-hours?sort=name")).json()["items"]
    assert [hours["is_default"] for hours in items] == [False, True]


async def test_only_known_active_departments_get_hours(client: AsyncClient) -> None:
    hours, closed = await add_hours(client), await create_department(client)
    await client.post(f"/departments/{closed['id']}/deactivate")
    assert codes(await assign(client, hours, closed)) == {("/department_id", "DEPARTMENT_INACTIVE")}
    unknown = await assign(client, hours, {"id": str(new_id())})
    assert codes(unknown) == {("/department_id", "DEPARTMENT_UNKNOWN")}


async def test_hours_in_use_and_departments_with_hours_are_not_deleted(client: AsyncClient) -> None:
    hours, sales = await add_hours(client), await create_department(client)
    path = f"/working-hours/{hours['id']}"
    await assign(client, hours, sales)
    refused = await client.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "WORKING_HOURS_IN_USE")
    assert "客服" in refused.json()["detail"]
    department = await client.delete(f"/departments/{sales['id']}")
    assert (department.status_code, department.json()["code"]) == (409, "DEPARTMENT_IN_USE")
    await client.post(f"{path}/unassign", json={"department_id": sales["id"]})
    await client.post(f"{path}/make-default")
    assert (await client.delete(path)).status_code == 409
    await client.post(f"{path}/clear-default")
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(f"/departments/{sales['id']}")).status_code == 204
    assert (await client.get(f"{path}/month?month=2026-10")).status_code == 404
    assert (await client.post(f"{path}/restore")).json()["deleted_at"] is None


async def test_moves_need_if_match_and_the_scope(client: AsyncClient, tenant: UUID) -> None:
    hours, sales = await add_hours(client), await create_department(client)
    body = {"department_id": sales["id"]}
    path = f"/working-hours/{hours['id']}/assign"
    stale = await client.post(path, json=body, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    reader = tokens.bearer(tenant, scope="org.working_hours.read")
    assert (await client.post(path, json=body, headers=reader)).status_code == 403
    own = await client.get(f"/departments/{sales['id']}/working-hours", headers=reader)
    assert own.status_code == 200
    foreign = tokens.bearer(new_id())
    assert (await client.get(f"/working-hours/{hours['id']}", headers=foreign)).status_code == 404
