"""Who sees an account sees what hangs on it, and whoever owns that reads the account's card."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import SETTINGS_KEY
from chassis.records.access.visibility import Access
from l2o.accounts.domain import Account
from l2o.contacts.domain import Contact
from l2o.opportunities.domain import Opportunity, Stage
from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
SCOPE = " ".join(
    f"l2o.{noun}.{verb}"
    for noun in ("account", "contact", "opportunity")
    for verb in ("read", "write")
)


class Desk:
    """The people of the test company, and an account of li on which wu has an opportunity."""

    def __init__(self, client: Client, tx: AsyncConnection, tenant: UUID) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant
        self.account: Account
        self.contact: Contact
        self.opportunity: Opportunity

    async def build(self) -> "Desk":
        await Company(self._tx).build()
        self.account = await add_account(self._tx, owner_id=subject("li"))
        self.contact = await add_contact(self._tx, self.account.id)
        self.opportunity = await add_opportunity(
            self._tx, account_id=self.account.id, owner_id=subject("zheng")
        )
        return self

    async def call(
        self, name: str, method: str, path: str, json: Any = None
    ) -> tuple[int, dict[str, Any]]:
        headers = sign_in(self._tenant, name, scope=SCOPE)
        answer = await self._client.request(method, path, json=json, headers=headers)
        return answer.status_code, answer.json() if answer.content else {}

    async def status(self, name: str, path: str) -> int:
        return (await self.call(name, "GET", path))[0]

    async def listed(self, name: str, path: str) -> list[str]:
        _, page = await self.call(name, "GET", path)
        return [item["id"] for item in page["items"]]

    async def share(self, name: str, access: Access, path: str = "") -> None:
        share = f"{path or self.account_path}/shares/PERSON/{subject(name)}"
        status, body = await self.call("li", "PUT", share, {"access": str(access)})
        assert status == 200, body

    async def open_opportunity(self, owner: str, *, stage: Stage = Stage.SOLUTION) -> str:
        account_id = self.account.id
        opportunity = await add_opportunity(
            self._tx, account_id=account_id, owner_id=subject(owner), stage=stage
        )
        return str(opportunity.id)

    async def owner_of(self, opportunity_id: str) -> str:
        _, shown = await self.call("zhao", "GET", f"/opportunities/{opportunity_id}")
        owner_id: str = shown["owner_id"]
        return owner_id

    async def keep_apart(self, *resources: str) -> None:
        settings = text("UPDATE tenant_settings SET separate_resources = :names")
        await self._tx.execute(settings, {"names": list(resources)})
        self._tx.info.pop(SETTINGS_KEY, None)

    @property
    def account_path(self) -> str:
        return f"/accounts/{self.account.id}"

    @property
    def opportunity_path(self) -> str:
        return f"/opportunities/{self.opportunity.id}"


@pytest.fixture
async def desk(client: Client, tx: AsyncConnection, tenant: UUID) -> Desk:
    return await Desk(client, tx, tenant).build()


async def test_the_owner_of_an_account_reads_what_hangs_on_it(desk: Desk) -> None:
    """So do the managers of the owner; nobody changes it by that."""
    for name in ("li", "sun", "zhao"):
        assert await desk.status(name, desk.opportunity_path) == 200, name
    assert await desk.status("zhou", desk.opportunity_path) == 404
    status, problem = await desk.call("li", "PATCH", desk.opportunity_path, {"name": "x"})
    assert (status, problem["code"]) == (403, "RECORD_READ_ONLY")


async def test_a_list_that_names_the_account_shows_all_of_it(desk: Desk) -> None:
    """One that names none shows what belongs to the caller's people or is shared with them."""
    of_account = f"/opportunities?account_id={desk.account.id}"
    assert await desk.listed("li", of_account) == [str(desk.opportunity.id)]
    assert await desk.listed("li", "/opportunities") == []
    assert await desk.listed("zheng", "/opportunities") == [str(desk.opportunity.id)]
    assert await desk.listed("zhou", of_account) == []


@pytest.mark.parametrize("access", list(Access))
async def test_the_team_of_an_account_reads_its_opportunities(desk: Desk, access: Access) -> None:
    await desk.share("bei", access)
    assert await desk.status("bei", desk.opportunity_path) == 200
    assert await desk.listed("bei", f"/opportunities?account_id={desk.account.id}") == [
        str(desk.opportunity.id)
    ]
    status, problem = await desk.call("bei", "PATCH", desk.opportunity_path, {"name": "x"})
    assert (status, problem["code"]) == (403, "RECORD_READ_ONLY")


async def test_the_owner_of_an_opportunity_reads_the_card_of_its_account(desk: Desk) -> None:
    """The card only: neither other opportunities of the account nor its contacts, and no change."""
    assert await desk.status("zheng", desk.account_path) == 200
    assert await desk.status("zheng", f"/contacts/{desk.contact.id}") == 404
    status, problem = await desk.call("zheng", "PATCH", desk.account_path, {"name": "x"})
    assert (status, problem["code"]) == (403, "RECORD_READ_ONLY")
    assert await desk.status("zhou", desk.account_path) == 404
    _, gone = await desk.call("zheng", "DELETE", desk.opportunity_path)
    assert gone == {}
    assert await desk.status("zheng", desk.account_path) == 404


async def test_a_tenant_can_keep_opportunities_apart(desk: Desk) -> None:
    await desk.share("bei", Access.READ)
    await desk.keep_apart("l2o.opportunity")
    for name in ("li", "bei"):
        assert await desk.status(name, desk.opportunity_path) == 404, name
        assert await desk.listed(name, f"/opportunities?account_id={desk.account.id}") == []
    assert await desk.status("zheng", desk.opportunity_path) == 200
    assert await desk.status("bei", f"/contacts/{desk.contact.id}") == 200


async def test_access_explains_by_which_record_somebody_sees_another(desk: Desk) -> None:
    await desk.share("bei", Access.WRITE)
    _, explained = await desk.call("li", "GET", f"{desk.opportunity_path}/access")
    [mine] = explained["mine"]["reasons"]
    assert (mine["why"], mine["access"], mine["under"]) == ("OWNER", "READ", "l2o.account")
    rights = explained["mine"]
    assert (rights["write"], rights["transfer"], rights["delete"]) == (False, False, False)
    shares = [one for one in explained["everybody"] if one["why"] == "SHARE"]
    assert [(one["person"]["name"], one["access"]) for one in shares] == [("bei", "READ")]
    _, explained = await desk.call("zheng", "GET", f"{desk.account_path}/access")
    [mine] = explained["mine"]["reasons"]
    assert (mine["why"], mine["access"], mine["under"]) == ("OWNER", "READ", "l2o.opportunity")


async def test_a_read_share_adds_no_contacts(desk: Desk) -> None:
    await desk.share("bei", Access.READ)
    body = {"name": "王芳", "account_id": str(desk.account.id)}
    status, problem = await desk.call("bei", "POST", "/contacts", body)
    assert (status, problem["code"]) == (403, "RECORD_READ_ONLY")
    await desk.share("bei", Access.WRITE)
    assert (await desk.call("bei", "POST", "/contacts", body))[0] == 201


async def test_a_share_deletes_nothing(desk: Desk) -> None:
    await desk.share("bei", Access.WRITE)
    status, problem = await desk.call("bei", "DELETE", desk.account_path)
    assert (status, problem["code"]) == (403, "OWNERSHIP_REQUIRED")


async def test_teams_and_shares_are_published(
    desk: Desk, tx: AsyncConnection, published: PublishedFacts
) -> None:
    """Each change of a grant is one event with the next version, and so is its end."""
    share = f"{desk.account_path}/shares/PERSON/{subject('bei')}"
    until = {"access": "READ", "until_date": "2030-01-01"}
    for body in ({"access": "READ"}, {"access": "WRITE"}, until):
        assert (await desk.call("li", "PUT", share, body))[0] == 200
    assert (await desk.call("li", "DELETE", share))[0] == 204
    assert (await desk.call("li", "DELETE", share))[0] == 204
    facts = [one for one in await published() if one.type.startswith("l2o.grant.")]
    assert [one.type.split(".")[2] for one in facts] == [*["changed"] * 3, "deleted"]
    grants = [one.payload["grant"] for one in facts]
    assert [one["access"] for one in grants] == ["READ", "WRITE", "READ", "READ"]
    assert {one["record_id"] for one in grants} == {str(desk.account.id)}
    assert {one["grantee_id"] for one in grants} == {str(directory_id("bei"))}
    assert [one["deleted"] for one in grants] == [False, False, False, True]


async def test_open_opportunities_go_along_with_their_account(desk: Desk) -> None:
    """Only those of the former owner; what was won or belongs to a colleague stays."""
    own = await desk.open_opportunity("li")
    won = await desk.open_opportunity("li", stage=Stage.WON)
    body = {"owner_id": subject("zhou"), "along": ["l2o.opportunity", "cpq.quote"]}
    status, moved = await desk.call("sun", "POST", f"{desk.account_path}/transfer", body)
    assert (status, moved["owner_id"]) == (200, subject("zhou"))
    [result] = moved["along"]
    assert (result["resource"], result["id"], result["status"]) == ("l2o.opportunity", own, 200)
    owners = {key: await desk.owner_of(key) for key in (own, won, str(desk.opportunity.id))}
    assert owners == {
        own: subject("zhou"),
        won: subject("li"),
        str(desk.opportunity.id): subject("zheng"),
    }


async def test_an_event_says_that_quotes_go_along(desk: Desk, published: PublishedFacts) -> None:
    """The quotes are in another service, which follows the events of the opportunities."""
    own = await desk.open_opportunity("li")
    for along in (["cpq.quote"], []):
        body = {"owner_id": subject("zhou" if along else "li"), "along": along}
        status, _ = await desk.call("sun", "POST", f"/opportunities/{own}/transfer", body)
        assert status == 200
    facts = [one for one in await published() if one.type == "l2o.opportunity.assigned.v1"]
    assert [one.payload["along"] for one in facts] == [["cpq.quote"], []]


async def test_the_tenant_sets_what_goes_along_by_default(desk: Desk, tx: AsyncConnection) -> None:
    await tx.execute(text("UPDATE tenant_settings SET transferred_along = '{l2o.opportunity}'"))
    tx.info.pop(SETTINGS_KEY, None)
    own = await desk.open_opportunity("li")
    body = {"owner_id": subject("zhou"), "ids": [str(desk.account.id)]}
    status, moved = await desk.call("sun", "POST", "/accounts/transfer", body)
    assert status == 207
    assert [(one["resource"], one["id"]) for one in moved["along"]] == [("l2o.opportunity", own)]
    body = {"owner_id": subject("li"), "along": []}
    status, moved = await desk.call("sun", "POST", f"{desk.account_path}/transfer", body)
    assert (status, moved["along"]) == (200, [])
    assert await desk.owner_of(own) == subject("zhou")


async def test_no_account_goes_to_an_owner_who_would_not_see_its_opportunities(desk: Desk) -> None:
    """Where the tenant keeps opportunities apart, those of colleagues have to be shared first."""
    await desk.keep_apart("l2o.opportunity")
    body = {"owner_id": subject("zhou"), "along": ["l2o.opportunity"]}
    status, problem = await desk.call("sun", "POST", f"{desk.account_path}/transfer", body)
    assert (status, problem["code"]) == (409, "OPPORTUNITIES_STAY_HIDDEN")
    assert problem["params"] == {"count": 1}


async def test_what_cannot_go_along_is_refused(desk: Desk) -> None:
    body = {"owner_id": subject("zhou"), "along": ["rms.order"]}
    status, problem = await desk.call("sun", "POST", f"{desk.account_path}/transfer", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/along/0")
