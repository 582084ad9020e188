"""How an operation leaves: `200` when it ended within the wait, else `202` and where to ask."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.web.auth import Principal
from chassis.web.operations.store import Operation, OperationStatus
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.problem_schema import Problem
from chassis.web.problems import ProblemDetails, problem_body, problem_response

RETRY_AFTER_SECONDS = "1"
REPLACED_HEADERS = ("content-length", "content-type", "location", "retry-after")


class OperationOut(BaseModel):
    """Work that goes on after the answer."""

    id: UUID
    kind: str = Field(examples=["lead.convert"])
    status: OperationStatus
    result: dict[str, Any] = Field(description="The ids that are, or that will be if all goes well")
    problem: Problem | None = Field(description="Why it failed")
    created_at: datetime
    finished_at: datetime | None


_HEADERS = {
    "Location": {"description": "Where to ask", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds", "schema": {"type": "integer"}},
}
# For the route: `status_code=202, response_model=OperationOut, responses=OPERATION_ANSWERS`.
OPERATION_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": OperationOut, "description": "Done already: the operation, SUCCEEDED"},
    202: {"description": "Still going on: the operation, RUNNING", "headers": _HEADERS},
}


def operation_out(request: Request, operation: Operation) -> OperationOut:
    """The operation as the client sees it, in its language."""
    return OperationOut(
        id=operation.id,
        kind=operation.kind,
        status=operation.status,
        result=dict(operation.result),
        problem=_problem(request, operation),
        created_at=operation.created_at,
        finished_at=operation.finished_at,
    )


def _problem(request: Request, operation: Operation) -> Problem | None:
    refusal = _refusal(operation)
    if refusal is None:
        return None
    texts, place = request.app.state.texts, _location(request, operation)
    return Problem.model_validate(problem_body(texts, refusal, instance=place))


def _refusal(operation: Operation) -> ProblemDetails | None:
    problem = operation.problem
    return None if problem is None else ProblemDetails(409, problem["code"], problem["params"])


def _location(request: Request, operation: Operation) -> str:
    return str(request.app.url_path_for("operation_get", operation_id=operation.id))


class OperationResponse(JSONResponse):
    """Waits for the end of the operation, after the request's transaction has committed.

    Inside the route it could never see the end, as nothing is committed yet. Here no connection
    is held. A failed operation leaves as the problem it ended with.
    """

    def __init__(self, request: Request, operation: Operation) -> None:
        self.operation_id = operation.id
        self._request = request
        self._operation = operation
        headers = {"Location": _location(request, operation), "Retry-After": RETRY_AFTER_SECONDS}
        super().__init__(self._content(operation), 202, headers)

    def _content(self, operation: Operation) -> dict[str, Any]:
        return operation_out(self._request, operation).model_dump(mode="json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = await self._waited()
        refusal = _refusal(operation)
        if refusal is not None:
            await self._refused(refusal)(scope, receive, send)
            return
        if operation.ended:
            self._succeed(operation)
        await super().__call__(scope, receive, send)

    async def _waited(self) -> Operation:
        if self._operation.ended:
            return self._operation
        waiter: OperationWaiter = self._request.app.state.operation_waiter
        principal: Principal = self._request.state.principal
        tenant, within = principal.tenant_id, waiter.budget
        return await waiter.ended(tenant, self.operation_id, within=within) or self._operation

    def _succeed(self, operation: Operation) -> None:
        self.status_code = 200
        self.body = self.render(self._content(operation))
        del self.headers["location"], self.headers["retry-after"]
        self.headers["content-length"] = str(len(self.body))

    def _refused(self, refusal: ProblemDetails) -> Response:
        response = problem_response(self._request, refusal)
        for name, value in self.headers.items():
            if name not in REPLACED_HEADERS:  # what others have put on this answer
                response.headers[name] = value
        response.background = self.background
        return response
