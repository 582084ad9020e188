"""A stream is no way to stay where one is let in no more."""

import asyncio
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.web import operation_routes
from kernel.ids import new_id
from libs.chassis.tests.operations.test_operation_answers import events_of
from testkit.directory import Company, sign_in
from testkit.plugin import Committed
from testkit.tenants import add_tenant


@pytest.mark.parametrize("gone", ["person", "tenant"])
async def test_a_stream_ends_for_who_is_let_in_no_more(
    http: AsyncClient,
    application: FastAPI,
    committed: Committed,
    tenant: UUID,
    gone: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operation_routes, "LOOK_SECONDS", 0.05)
    application.state.operation_waiter.budget, application.state.admission.max_age = 0.0, 0
    seller, key = sign_in(tenant, "li", scope="testkit.note.read"), new_id()
    await http.post(f"/conversions/{key}", headers=seller)
    place = f"/operations/{key}/events"
    streaming = asyncio.create_task(http.get(place, headers=seller))
    await asyncio.sleep(0.3)
    assert not streaming.done()
    async with committed.app.begin(tenant) as tx:
        if gone == "person":
            await Company(tx).person("li", active=False)
        else:
            await add_tenant(tx, status="DELETED")
    answer = await asyncio.wait_for(streaming, 2)
    assert [seen["status"] for seen in events_of(answer.text)] == ["RUNNING"]
    again = await http.get(place, headers=seller)
    code = "PERSON_INACTIVE" if gone == "person" else "TENANT_DELETED"
    assert (again.status_code, again.json()["code"]) == (403, code)
