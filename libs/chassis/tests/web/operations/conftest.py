"""A small application with one conversion_router whose operation a worker ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Text
from chassis.web.operations.responses import OPERATION_RESPONSES, OperationOut, OperationResponse
from chassis.web.operations.store import ended_operations, finish_operation, start_operation
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from testkit import tokens
from testkit.plugin import Committed

TEXTS = {"ACCOUNT_CLOSED": Text("客户 {name} 已停用。", "The account {name} is closed.")}
End = Callable[[UUID], Awaitable[None]]


def conversion_router() -> Any:
    router = new_router("/conversions", tag="conversions")

    @router.post(
        "/{operation_id}",
        status_code=202,
        response_model=OperationOut,
        responses=OPERATION_RESPONSES,
    )
    async def convert(operation_id: UUID, request: Request, tx: Tx) -> OperationResponse:
        result = {"account_id": str(operation_id)}
        operation = await start_operation(tx, operation_id, "note.convert", result)
        answer = OperationResponse(request, operation)
        answer.headers["X-Marked"] = "by others"  # must survive a change of the status
        return answer

    return router


@pytest.fixture
async def application(committed: Committed, environment: None) -> AsyncIterator[FastAPI]:
    app = create_app(
        Settings.of("testkit"),
        title="Operations",
        description="",
        routers=[conversion_router()],
        texts=TEXTS,
    )
    app.state.verifier = tokens.verifier()
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def http(application: FastAPI, tenant: UUID) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://test/testkit/v1",
        headers={**tokens.bearer(tenant), "Accept-Language": "en"},
    ) as client:
        yield client


@pytest.fixture
def finish(committed: Committed, tenant: UUID) -> End:
    """Return a function that ends an operation in a transaction of the worker."""

    async def end(operation_id: UUID) -> None:
        async with committed.worker.begin(tenant) as tx:
            await finish_operation(tx, operation_id)
            assert operation_id in await ended_operations(tx, [operation_id])

    return end
