"""Who gets to see a record: by owning it, managing its owner, standing in, or being granted."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.chassis.tests.access.people import SCOPE, People
from testkit.directory import Company, directory_id, leave, subject

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)
EVERYBODY = ("zhao", "qian", "sun", "li", "zhou", "wu", "zheng", "wang", "bei")


async def seers(people: People, card: str) -> set[str]:
    found = set()
    for name in EVERYBODY:
        answer = await people.get(name, f"/cards/{card}")
        assert answer.status_code in (200, 404) or answer.json()["code"] == "PERSON_INACTIVE"
        if answer.status_code == 200:
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("li", {"li", "sun", "qian", "zhao"}),
        ("sun", {"sun", "qian", "zhao"}),
        ("zheng", {"zheng", "wu", "qian", "zhao"}),
        ("qian", {"qian", "zhao"}),
        ("wang", {"wang", "zhao"}),
        ("zhao", {"zhao"}),
        ("bei", {"bei"}),
    ],
)
async def test_a_record_is_seen_up_the_tree(
    company: Company, people: People, owner: str, expected: set[str]
) -> None:
    assert await seers(people, await people.card(owner)) == expected


async def test_after_a_move_the_old_manager_sees_it_no_more(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await company.person("li", "team B")
    assert await seers(people, card) == {"li", "wu", "qian", "zhao"}
    await company.department("team B", parent="finance", manager="wu")
    assert await seers(people, card) == {"li", "wu", "zhao"}
    await company.department("team B", parent="finance", manager="bei")
    assert await seers(people, card) == {"li", "bei", "zhao"}


async def test_any_of_the_owners_posts_counts(company: Company, people: People) -> None:
    card = await people.card("li")
    await company.person("li", "team A", "team B")
    assert await seers(people, card) == {"li", "sun", "wu", "qian", "zhao"}


async def test_a_deactivated_manager_sees_nothing(company: Company, people: People) -> None:
    card = await people.card("li")
    await company.person("sun", "team A", active=False)
    assert await seers(people, card) == {"li", "qian", "zhao"}


@pytest.mark.parametrize(
    ("first", "last", "stands_in"),
    [
        (TODAY, TODAY + DAY, True),
        (TODAY - DAY, TODAY, False),
        (TODAY + DAY, TODAY + 2 * DAY, False),
        (TODAY - 9 * DAY, TODAY + 9 * DAY, True),
    ],
)
async def test_a_substitute_stands_in_during_the_leave(
    company: Company, people: People, first: date, last: date, stands_in: bool
) -> None:
    card = await people.card("li")
    await company.person("li", "team A", leaves=[leave(first, last, "wang")])
    assert ("wang" in await seers(people, card)) is stands_in
    answer = await people.post("wang", f"/cards/{card}/finish", None)
    assert answer.status_code == (200 if stands_in else 404)


async def test_a_managers_substitute_sees_what_the_manager_sees(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await company.person("sun", "team A", leaves=[leave(TODAY, TODAY + DAY, "zheng")])
    assert await seers(people, card) == {"li", "sun", "zheng", "qian", "zhao"}
    await company.person("zheng", "team B", leaves=[leave(TODAY, TODAY + DAY, "bei")])
    assert "bei" not in await seers(people, card)  # nobody stands in twice


async def test_whoever_holds_all_sees_everything(company: Company, people: People) -> None:
    card = await people.card("li")
    for scope in ("testkit.card.all", "testkit.*", "*"):
        answer = await people.get("bei", f"/cards/{card}", scope=f"{SCOPE} {scope}")
        assert answer.status_code == 200
    other = await people.get("bei", f"/cards/{card}", scope=f"{SCOPE} testkit.note.all")
    assert (other.status_code, other.json()["code"]) == (404, "CARD_NOT_FOUND")


async def test_without_the_scope_even_the_owner_is_refused(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    read = await people.get("li", f"/cards/{card}", scope="testkit.card.write")
    written = await people.patch("li", f"/cards/{card}", {"title": "x"}, scope="testkit.card.read")
    assert (read.json()["code"], written.json()["code"]) == ("SCOPE_MISSING", "SCOPE_MISSING")


async def test_an_address_without_an_id_is_refused_as_before(
    company: Company, people: People
) -> None:
    answer = await people.get("li", "/cards/nonsense")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "{card_id}",
        "code": "ID_INVALID",
        "message": "This is not a valid id (UUID).",
        "params": {},
    }


async def test_somebody_the_directory_has_not_heard_of_sees_their_own(people: People) -> None:
    card = await people.card("new")
    assert (await people.get("new", f"/cards/{card}")).status_code == 200
    assert (await people.get("newer", f"/cards/{card}")).status_code == 404


async def test_departments_in_a_circle_end(company: Company, people: People) -> None:
    """Two moves that cross in the replica: each has arrived, the undoing has not."""
    card = await people.card("li")
    await company.department("sales", parent="team A", manager="qian")
    assert await seers(people, card) == {"li", "sun", "qian"}
    why = (await people.get("li", f"/cards/{card}/access")).json()["everybody"]
    assert [(one["why"], one["person"]["name"]) for one in why] == [
        ("OWNER", "li"),
        ("MANAGER", "qian"),
        ("MANAGER", "sun"),
    ]


async def test_a_deleted_department_passes_nothing_up(company: Company, people: People) -> None:
    card = await people.card("li")
    await company.delete_department("sales")
    assert await seers(people, card) == {"li", "sun"}


async def test_access_tells_who_sees_it_and_why(company: Company, people: People) -> None:
    card = await people.card("li")
    until = (TODAY + 30 * DAY).isoformat()
    await company.person("sun", "team A", leaves=[leave(TODAY, TODAY + DAY, "zheng")])
    await company.team("tender", "wang", "bei")
    assert (
        await people.put("li", f"/cards/{card}/team/{subject('wu')}", {"access": "WRITE"})
    ).status_code == 200
    share = f"/cards/{card}/shares/TEAM/{subject('tender')}"
    assert (await people.put("li", share, {"until_date": until})).status_code == 200
    told = (await people.get("bei", f"/cards/{card}/access")).json()
    assert (told["owner_id"], told["owner_name"]) == (subject("li"), "li")
    assert told["everyone_with"] == ["testkit.card.all", "testkit.*", "*"]
    whys = sorted(
        (
            one["why"],
            (one["person"] or one["team"])["name"],
            (one["department"] or {}).get("name"),
            (one["stands_in_for"] or {}).get("name"),
            one["access"],
            one["until_date"],
        )
        for one in told["everybody"]
    )
    assert whys == [
        ("MANAGER", "qian", "sales", None, "WRITE", None),
        ("MANAGER", "sun", "team A", None, "WRITE", None),
        ("MANAGER", "zhao", "root", None, "WRITE", None),
        ("OWNER", "li", None, None, "WRITE", None),
        ("SHARE", "tender", None, None, "READ", until),
        ("SUBSTITUTE", "zheng", "team A", "sun", "WRITE", None),
        ("TEAM", "wu", None, None, "WRITE", None),
    ]
    mine = told["mine"]
    assert (mine["read"], mine["write"], mine["transfer"]) == (True, False, False)
    assert [(one["why"], one["team"]["id"]) for one in mine["reasons"]] == [
        ("SHARE", str(directory_id("tender")))
    ]


@pytest.mark.parametrize(
    ("name", "scope", "whys"),
    [
        ("li", SCOPE, ["OWNER"]),
        ("qian", SCOPE, ["MANAGER"]),
        ("bei", f"{SCOPE} testkit.card.all", ["SCOPE"]),
        ("sun", "*", ["MANAGER", "SCOPE"]),
    ],
)
async def test_access_tells_the_callers_own_reasons(
    company: Company, people: People, name: str, scope: str, whys: list[str]
) -> None:
    card = await people.card("li")
    mine = (await people.get(name, f"/cards/{card}/access", scope=scope)).json()["mine"]
    assert [one["why"] for one in mine["reasons"]] == whys
    assert (mine["write"], mine["transfer"]) == (True, True)


async def test_access_of_an_owner_nobody_knows(people: People) -> None:
    card = await people.card("new")
    told = (await people.get("new", f"/cards/{card}/access")).json()
    assert (told["owner_id"], told["owner_name"]) == (subject("new"), None)
    assert [one["why"] for one in told["everybody"]] == ["OWNER"]
