"""Approval by a mailed link: who gets one, what it shows, and that it decides once."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from desk.messages.store import messages
from desk.roles.store import role_people
from services.desk.tests.conftest import forget_settings
from services.desk.tests.factories import (
    as_,
    ask,
    asked,
    build_company,
    one_branch,
    publish,
    read,
    step,
    tasks_of,
)
from services.desk.tests.files.uploading import code_of
from testkit.directory import Company, directory_id, subject
from testkit.plugin import Committed

PAGE = "https://example.com/approve/"
TWO = {"source": "PERSON", "name": subject("sun")}, {"source": "PERSON", "name": subject("qian")}


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DESK_APPROVAL_PAGE", PAGE)
    forget_settings()
    yield
    forget_settings()


async def give_addresses(tx: AsyncConnection, *names: str) -> None:
    values = {"epoch": 1, "sequence": 1, "deleted": False}
    for name in names:
        row = {"id": directory_id(name), "email": f"{name}@example.com", **values}
        await tx.execute(role_people.insert().values(row))


async def prepare(client: AsyncClient, tx: AsyncConnection) -> Company:
    company = await build_company(tx)
    await give_addresses(tx, "sun", "qian")
    await turn_on(client)
    return company


async def turn_on(client: AsyncClient) -> None:
    """Let two people be asked, who get links."""
    await publish(client, one_branch(step("both", *TWO, mode="ALL_OF")))
    turned_on = await client.patch("/approval-settings", json={"mail_links": True})
    assert turned_on.status_code == 200, turned_on.text


@dataclass
class Mail:
    """A mail with a link, as it was queued."""

    to: str
    subject: str
    body: str

    @property
    def path(self) -> str:
        """The path of the link in the API."""
        found = re.search(re.escape(PAGE) + r"(l2ck_[\w-]+)", self.body)
        assert found is not None, self.body
        return f"/approval-links/{found[1]}"


async def mails(tx: AsyncConnection) -> dict[str, Mail]:
    rows = await tx.execute(select(messages).order_by(messages.c.id))
    return {row.email: Mail(row.email, row.subject, row.body) for row in rows}


async def anonymous(client: AsyncClient, method: str, path: str, **more: Any) -> Response:
    """Send a request without a token, as a browser that follows a link does."""
    headers = {"Authorization": "", "Accept-Language": "en", **more.pop("headers", {})}
    return await client.request(method, path, headers=headers, **more)


async def test_whoever_is_asked_gets_a_link_that_shows_what_is_asked(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await prepare(client, tx)
    approval_id = await ask(tx, asked())
    sent = await mails(tx)
    assert sorted(sent) == ["qian@example.com", "sun@example.com"]
    mail = sent["sun@example.com"]
    assert mail.subject == "请审批 Q-2026-000123（报价折扣）"
    assert "li 提交了" in mail.body
    seen = await anonymous(client, "GET", mail.path)
    assert seen.status_code == 200, seen.text
    shown = seen.json()
    assert (shown["person"], shown["state"], shown["record_version"]) == (subject("sun"), "OPEN", 3)
    assert (shown["kind_name"], shown["state_name"]) == ("Discount of a quote", "To be decided")
    facts = {one["label"]: one["value"] for one in shown["facts"]}
    assert facts["Total including tax"] == "600000"
    assert [one["value"] for one in shown["lines"][0]] == ["GTX", "10", "600000"]
    assert set(shown) == {
        "kind", "kind_name", "record_name", "record_version", "requested_by",
        "requested_by_name", "requested_at", "person", "person_name", "state", "state_name",
        "facts", "lines",
    }  # fmt: skip
    assert seen.headers["Cache-Control"] == "no-store"
    for _ in range(3):
        assert (await anonymous(client, "GET", mail.path)).status_code == 200
    assert (await anonymous(client, "HEAD", mail.path)).status_code == 200
    assert (await read(client, approval_id))["status"] == "PENDING"  # reading never decides


async def test_a_link_decides_once_as_its_person(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await prepare(client, tx)
    approval_id = await ask(tx, asked())
    sent = await mails(tx)
    first = sent["sun@example.com"].path
    decided = await anonymous(client, "POST", f"{first}/approve", json={"comment": "同意"})
    assert (decided.status_code, decided.json()["state"]) == (200, "APPROVED")
    for path in (first, f"{first}/approve", f"{first}/reject"):
        method = "GET" if path == first else "POST"
        again = await anonymous(client, method, path, json={"comment": "不"})
        assert code_of(again) == (404, "ACCESS_KEY_REFUSED")
    last = sent["qian@example.com"].path
    without = await anonymous(client, "POST", f"{last}/reject", json={})
    assert without.status_code == 422
    rejected = await anonymous(client, "POST", f"{last}/reject", json={"comment": "折扣过高"})
    assert rejected.status_code == 200, rejected.text
    assert (await read(client, approval_id))["status"] == "REJECTED"
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    decisions = [
        (one["action"], one["actor"], one["comment"], one["by_link"])
        for one in history
        if one["action"] in ("APPROVED", "REJECTED")
    ]
    assert decisions == [
        ("REJECTED", subject("qian"), "折扣过高", True),
        ("APPROVED", subject("sun"), "同意", True),
    ]


async def test_a_link_is_void_once_its_task_has_changed(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await prepare(client, tx)
    await give_addresses(tx, "wu")
    await ask(tx, asked())
    mine = (await mails(tx))["sun@example.com"].path
    [task] = await tasks_of(client, as_(tenant, "sun"))
    handed = await client.post(
        f"/approval-tasks/{task['id']}/hand-on",
        json={"to": subject("wu")},
        headers=as_(tenant, "sun"),
    )
    assert handed.status_code == 200, handed.text
    assert code_of(await anonymous(client, "GET", mine)) == (404, "ACCESS_KEY_REFUSED")
    theirs = (await mails(tx))["wu@example.com"].path
    assert (await anonymous(client, "GET", theirs)).json()["person"] == subject("wu")


@pytest.mark.parametrize("end", ["withdrawn", "off", "left", "guessed"])
async def test_a_link_admits_to_nothing_any_more(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, end: str
) -> None:
    company = await prepare(client, tx)
    request = asked()
    await ask(tx, request)
    path = (await mails(tx))["sun@example.com"].path
    if end == "withdrawn":
        await ask(tx, request.model_copy(update={"status": "WITHDRAWN", "ended_by": subject("li")}))
    elif end == "off":
        off = await client.patch("/approval-settings", json={"mail_links": False})
        assert off.status_code == 200
    elif end == "left":
        await company.person("sun", active=False)
    else:
        path = path[:-4] + "AAAA"
    for method, more in (("GET", ""), ("POST", "/approve")):
        refused = await anonymous(client, method, path + more)
        assert code_of(refused) == (404, "ACCESS_KEY_REFUSED")
        assert "Q-2026" not in refused.text


async def test_an_expired_link_is_refused(client: AsyncClient, tx: AsyncConnection) -> None:
    await prepare(client, tx)
    await ask(tx, asked())  # at an instant of long ago, for seven days
    mail = (await mails(tx))["sun@example.com"]
    assert "2026年12月8日" in mail.body


async def test_nobody_gets_a_link_unless_the_tenant_wants_it(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await build_company(tx)
    await give_addresses(tx, "sun", "qian")
    await publish(client, one_branch(step("both", *TWO, mode="ALL_OF")))
    read_before = (await client.get("/approval-settings")).json()
    assert (read_before["mail_links"], read_before["link_days"]) == (False, 7)
    await ask(tx, asked())
    assert await mails(tx) == {}


async def test_links_need_a_page_that_they_lead_to(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESK_APPROVAL_PAGE")
    forget_settings()
    refused = await client.patch("/approval-settings", json={"mail_links": True})
    assert code_of(refused) == (422, "APPROVAL_PAGE_UNKNOWN")
    wrong = await client.patch("/approval-settings", json={"link_days": 31, "mail_links": "yes"})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/link_days", "/mail_links"}


async def test_of_a_link_and_the_app_at_once_one_decides(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    client, database = committed_client, committed.app
    async with database.begin(tenant) as tx:
        await build_company(tx)
        await give_addresses(tx, "sun", "qian")
    await turn_on(client)
    sent = await _ask_committed(database, tenant)
    path = sent["sun@example.com"].path
    [task] = await tasks_of(client, as_(tenant, "sun"))
    by_app = client.post(
        f"/approval-tasks/{task['id']}/reject",
        json={"comment": "太高"},
        headers={**as_(tenant, "sun"), "If-Match": f'"{task["version"]}"'},
    )
    by_link = [anonymous(client, "POST", f"{path}/approve") for _ in range(4)]
    answers = await asyncio.gather(by_app, *by_link)
    assert sorted(one.status_code for one in answers)[0] == 200
    assert [one.status_code for one in answers].count(200) == 1
    assert {one.status_code for one in answers} <= {200, 404, 409, 412}


async def _ask_committed(database: Database, tenant: UUID) -> dict[str, Mail]:
    async with database.begin(tenant) as tx:
        await ask(tx, asked())
        return await mails(tx)
