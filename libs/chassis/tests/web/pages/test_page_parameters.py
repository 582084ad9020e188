"""Tests of pages over HTTP: the limit, the cursor, and all invalid parameters at once."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import Depends, Query
from httpx import AsyncClient as Client
from pydantic import BaseModel
from sqlalchemy import (
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from chassis.web.pages import Page, PageParams, fetch_page, reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx, request_transaction
from libs.chassis.tests.web.pages.page_samples import write_notes
from testkit import tokens
from testkit.database import notes
from testkit.notes import NoteOut


class Filters(BaseModel):
    text: str | None = None


router = new_router("/pages", tag="pages")


@router.get("")
async def page_list(
    tx: Tx, page: PageParams, version: Annotated[int | None, Query(ge=1)] = None
) -> Page[NoteOut]:
    query = select(notes)
    if version is not None:
        query = query.where(notes.c.version == version)
    return await fetch_page(tx, query, page, shape=lambda row: NoteOut(**row))


@router.get("/by-model", dependencies=[Depends(reject_unknown_parameters)])
async def page_by_model(tx: Tx, filters: Annotated[Filters, Query()]) -> Filters:
    return filters


@pytest.fixture
async def http(tx: AsyncConnection, tenant: UUID, environment: None) -> AsyncIterator[Client]:
    app = create_app(
        Settings.of("testkit"), title="Pages", description="", routers=[router], texts={}
    )
    app.state.verifier = tokens.verifier()
    app.dependency_overrides[request_transaction] = lambda: tx
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test/testkit/v1",
        headers=tokens.bearer(tenant),
    ) as client:
        yield client
    await app.state.database.dispose()


async def test_pages_of_a_filtered_list(http: Client, tx: AsyncConnection) -> None:
    written = await write_notes(tx, [("a", 1 + n % 2) for n in range(9)])
    first = (await http.get("/pages", params={"limit": 4, "version": 1})).json()
    assert [set(item) for item in first["items"]] == [{"id", "text", "version"}] * 4
    next_page = {
        "limit": 200,
        "version": 1,
        "cursor": first["next_cursor"],
    }  # the cursor outlives another limit
    second = (await http.get("/pages", params=next_page)).json()
    assert second["next_cursor"] is None
    listed = [item["id"] for item in first["items"] + second["items"]]
    assert listed == [str(i) for i in reversed(written[::2])]
    other = await http.get("/pages", params={"limit": 4, "cursor": first["next_cursor"]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "CURSOR_INVALID")
    assert (await http.get("/pages")).json()["next_cursor"] is None


async def test_a_limit_above_the_maximum_is_reduced(http: Client, tx: AsyncConnection) -> None:
    await write_notes(tx, [("a", 1)] * 201)
    for limit in ("201", "999999999999999999999999"):
        assert len((await http.get("/pages", params={"limit": limit})).json()["items"]) == 200
    assert len((await http.get("/pages")).json()["items"]) == 50


async def test_all_invalid_parameters_are_reported_at_once(http: Client) -> None:
    answer = await http.get("/pages?limit=0&version=x&colour=red&colour=blue&Limit=3")
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("?limit", "TOO_SMALL"),
        ("?version", "TYPE_INVALID"),
        ("?colour", "UNKNOWN_FIELD"),
        ("?Limit", "UNKNOWN_FIELD"),
    }
    repeated = await http.get("/pages?limit=3&limit=4")
    assert [e["code"] for e in repeated.json()["errors"]] == ["PARAMETER_REPEATED"]
    model = await http.get("/pages/by-model?text=a&txet=b")
    assert [e["pointer"] for e in model.json()["errors"]] == ["?txet"]
    assert (await http.get("/pages/by-model?text=a")).json() == {"text": "a"}
    for limit in ("-1", "abc", "1.5", "", "1e3"):
        assert (await http.get("/pages", params={"limit": limit})).status_code == 422
