"""Tests of who sees a record and of its explanation: owners, managers, substitutes, grants."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.chassis.tests.records.access.people import SCOPE, People
from testkit.directory import Company, directory_id, leave, subject

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)
EVERYBODY = ("zhao", "qian", "sun", "li", "zhou", "wu", "zheng", "wang", "bei")


async def people_who_see(people: People, card: str) -> set[str]:
    names = set()
    for name in EVERYBODY:
        answer = await people.get(name, f"/cards/{card}")
        assert answer.status_code in (200, 404) or answer.json()["code"] == "PERSON_INACTIVE"
        if answer.status_code == 200:
            names.add(name)
    return names


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
async def test_managers_up_the_tree_see_a_record(
    company: Company, people: People, owner: str, expected: set[str]
) -> None:
    assert await people_who_see(people, await people.card(owner)) == expected


async def test_after_a_move_the_old_manager_no_longer_sees_it(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await company.person("li", "team B")
    assert await people_who_see(people, card) == {"li", "wu", "qian", "zhao"}
    await company.department("team B", parent="finance", manager="wu")
    assert await people_who_see(people, card) == {"li", "wu", "zhao"}
    await company.department("team B", parent="finance", manager="bei")
    assert await people_who_see(people, card) == {"li", "bei", "zhao"}


async def test_every_post_of_the_owner_counts(company: Company, people: People) -> None:
    card = await people.card("li")
    await company.person("li", "team A", "team B")
    assert await people_who_see(people, card) == {"li", "sun", "wu", "qian", "zhao"}


async def test_a_deactivated_manager_sees_nothing(company: Company, people: People) -> None:
    card = await people.card("li")
    await company.person("sun", "team A", active=False)
    assert await people_who_see(people, card) == {"li", "qian", "zhao"}


@pytest.mark.parametrize(
    ("first", "last", "replaces"),
    [
        (TODAY, TODAY + DAY, True),
        (TODAY - DAY, TODAY, False),
        (TODAY + DAY, TODAY + 2 * DAY, False),
        (TODAY - 9 * DAY, TODAY + 9 * DAY, True),
    ],
)
async def test_a_substitute_sees_it_during_the_leave(
    company: Company, people: People, first: date, last: date, replaces: bool
) -> None:
    card = await people.card("li")
    await company.person("li", "team A", leaves=[leave(first, last, "wang")])
    assert ("wang" in await people_who_see(people, card)) is replaces
    answer = await people.post("wang", f"/cards/{card}/finish", None)
    assert answer.status_code == (200 if replaces else 404)


async def test_a_managers_substitute_sees_what_the_manager_sees(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await company.person("sun", "team A", leaves=[leave(TODAY, TODAY + DAY, "zheng")])
    assert await people_who_see(people, card) == {"li", "sun", "zheng", "qian", "zhao"}
    await company.person("zheng", "team B", leaves=[leave(TODAY, TODAY + DAY, "bei")])
    assert "bei" not in await people_who_see(people, card)  # substitution is not transitive


async def test_the_scope_all_sees_every_record(company: Company, people: People) -> None:
    card = await people.card("li")
    for scope in ("testkit.card.all", "testkit.*", "*"):
        answer = await people.get("bei", f"/cards/{card}", scope=f"{SCOPE} {scope}")
        assert answer.status_code == 200
    other = await people.get("bei", f"/cards/{card}", scope=f"{SCOPE} testkit.note.all")
    assert (other.status_code, other.json()["code"]) == (404, "CARD_NOT_FOUND")


async def test_an_owner_without_the_scope_is_refused(company: Company, people: People) -> None:
    card = await people.card("li")
    read = await people.get("li", f"/cards/{card}", scope="testkit.card.write")
    written = await people.patch("li", f"/cards/{card}", {"title": "x"}, scope="testkit.card.read")
    assert (read.json()["code"], written.json()["code"]) == ("SCOPE_MISSING", "SCOPE_MISSING")


async def test_an_invalid_id_in_the_path_is_a_422(company: Company, people: People) -> None:
    answer = await people.get("li", "/cards/nonsense")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "{card_id}",
        "code": "ID_INVALID",
        "message": "This is not a valid id (UUID).",
        "params": {},
    }


async def test_a_person_unknown_to_the_directory_sees_their_own_records(people: People) -> None:
    card = await people.card("new")
    assert (await people.get("new", f"/cards/{card}")).status_code == 200
    assert (await people.get("newer", f"/cards/{card}")).status_code == 404


async def test_a_cycle_of_departments_does_not_loop(company: Company, people: People) -> None:
    """Two moves have arrived in the replica, the reason that resolves the cycle has not."""
    card = await people.card("li")
    await company.department("sales", parent="team A", manager="qian")
    assert await people_who_see(people, card) == {"li", "sun", "qian"}
    reasons = (await people.get("li", f"/cards/{card}/access")).json()["everybody"]
    assert [(reason["why"], reason["person"]["name"]) for reason in reasons] == [
        ("OWNER", "li"),
        ("MANAGER", "qian"),
        ("MANAGER", "sun"),
    ]


async def test_managers_above_a_deleted_department_do_not_see_it(
    company: Company, people: People
) -> None:
    card = await people.card("li")
    await company.delete_department("sales")
    assert await people_who_see(people, card) == {"li", "sun"}


async def test_the_explanation_names_everybody_and_why(company: Company, people: People) -> None:
    card = await people.card("li")
    until = (TODAY + 30 * DAY).isoformat()
    await company.person("sun", "team A", leaves=[leave(TODAY, TODAY + DAY, "zheng")])
    await company.team("tender", "wang", "bei")
    assert (
        await people.put("li", f"/cards/{card}/team/{subject('wu')}", {"access": "WRITE"})
    ).status_code == 200
    share = f"/cards/{card}/shares/TEAM/{subject('tender')}"
    assert (await people.put("li", share, {"until_date": until})).status_code == 200
    explanation = (await people.get("bei", f"/cards/{card}/access")).json()
    assert (explanation["owner_id"], explanation["owner_name"]) == (subject("li"), "li")
    assert explanation["everyone_with"] == ["testkit.card.all", "testkit.*", "*"]
    whys = sorted(
        (
            reason["why"],
            (reason["person"] or reason["team"])["name"],
            (reason["department"] or {}).get("name"),
            (reason["stands_in_for"] or {}).get("name"),
            reason["access"],
            reason["until_date"],
        )
        for reason in explanation["everybody"]
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
    mine = explanation["mine"]
    assert (mine["read"], mine["write"], mine["transfer"]) == (True, False, False)
    assert [(reason["why"], reason["team"]["id"]) for reason in mine["reasons"]] == [
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
async def test_the_explanation_names_the_callers_own_reasons(
    company: Company, people: People, name: str, scope: str, whys: list[str]
) -> None:
    card = await people.card("li")
    mine = (await people.get(name, f"/cards/{card}/access", scope=scope)).json()["mine"]
    assert [reason["why"] for reason in mine["reasons"]] == whys
    assert (mine["write"], mine["transfer"]) == (True, True)


async def test_the_explanation_of_an_owner_unknown_to_the_directory(people: People) -> None:
    card = await people.card("new")
    explanation = (await people.get("new", f"/cards/{card}/access")).json()
    assert (explanation["owner_id"], explanation["owner_name"]) == (subject("new"), None)
    assert [reason["why"] for reason in explanation["everybody"]] == ["OWNER"]
