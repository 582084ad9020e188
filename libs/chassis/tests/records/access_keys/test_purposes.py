"""Purposes of access keys: one code for each, keys of their own resource, and at least one use."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from chassis.foundation.key_redaction import ACCESS_KEY_PREFIX
from chassis.records.access.visibility import UnownedResource
from chassis.records.access_keys.entry import may_enter
from chassis.records.access_keys.keys import access_key_digest
from chassis.records.access_keys.purposes import AccessKey
from chassis.records.access_keys.routes import access_key_router
from chassis.records.access_keys.store import add_access_key
from kernel.ids import new_id
from libs.chassis.tests.records.access_keys import links
from testkit.card_links import VIEW
from testkit.cards.store import CARD
from testkit.database import notes
from testkit.plugin import Client


def test_a_code_stands_for_one_purpose() -> None:
    other = replace(VIEW, lifetime=timedelta(days=1))
    with pytest.raises(ValueError, match=r"two purposes have the code testkit\.card\.view"):
        may_enter(other)
    with pytest.raises(ValueError, match="two purposes"):
        access_key_router(CARD.scoped, collection="cards", purposes=[other], guard=None)
    may_enter(VIEW)  # one purpose may have several routes


def test_the_keys_of_a_record_have_purposes_of_its_resource() -> None:
    scoped = UnownedResource("testkit.note", notes)
    with pytest.raises(ValueError, match=r"belong to testkit\.card"):
        access_key_router(scoped, collection="notes", purposes=[VIEW], guard=None)


def test_a_purpose_admits_at_least_once() -> None:
    with pytest.raises(ValueError, match="admits nobody"):
        replace(VIEW, code="testkit.card.never", max_uses=0)


async def test_a_key_of_another_resource_is_refused(client: Client, tx: AsyncConnection) -> None:
    """Two resources may have a record of the same id."""
    card_id = UUID(await links.make_card(client))
    for resource, status in (("testkit.card", 200), ("testkit.note", 404)):
        key = ACCESS_KEY_PREFIX + resource.ljust(43, "x")
        row = AccessKey(
            id=new_id(),
            purpose=VIEW.code,
            resource=resource,
            record_id=card_id,
            record_version=1,
            created_by=None,
            created_at=now(),
            expires_at=now() + timedelta(days=1),
            max_uses=None,
        )
        await add_access_key(tx, row, access_key_digest(key))
        assert (await links.view(client, key)).status_code == status


@pytest.mark.parametrize("max_uses", [0, -1])
@pytest.mark.parametrize(("language", "text"), [("en", "at least 1"), ("zh-CN", "1")])
async def test_a_key_that_would_admit_nobody_is_refused_with_every_violation(
    client: Client, max_uses: int, language: str, text: str
) -> None:
    body = {
        "purpose": "testkit.card.view",
        "max_uses": max_uses,
        "expires_at": "2020-01-01T00:00:00Z",
    }
    path = f"/cards/{await links.make_card(client)}/links"
    refused = await client.post(path, json=body, headers={"Accept-Language": language})
    assert refused.status_code == 422
    errors = {error["pointer"]: error for error in refused.json()["errors"]}
    assert {pointer: error["code"] for pointer, error in errors.items()} == {
        "/expires_at": "ACCESS_KEY_EXPIRY_PAST",
        "/max_uses": "TOO_SMALL",
    }
    assert text in errors["/max_uses"]["message"]
