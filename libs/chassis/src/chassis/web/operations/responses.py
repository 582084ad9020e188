"""Responses of operations: `200` when it ended within the wait, else `202` with a Location."""

from datetime import datetime
from functools import cache
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
    """Work that may continue after the response."""

    id: UUID
    kind: str = Field(examples=["lead.convert"])
    status: OperationStatus
    result: dict[str, Any] = Field(
        description="The ids of the records that the operation creates; they exist once `status` "
        "is SUCCEEDED"
    )
    problem: Problem | None = Field(description="Why the operation failed; null unless it did")
    created_at: datetime
    finished_at: datetime | None


_HEADERS = {
    "Location": {
        "description": "The address of the operation, to be polled",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next poll",
        "schema": {"type": "integer"},
    },
}
# For the route: `status_code=202, response_model=OperationOut, responses=OPERATION_ANSWERS`.
OPERATION_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": OperationOut, "description": "The operation has ended; it is SUCCEEDED"},
    202: {"description": "The operation has not ended; it is RUNNING", "headers": _HEADERS},
}


def operation_out(request: Request, operation: Operation) -> OperationOut:
    """Return the operation as the client sees it, in the client's language."""
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
    details = _problem_details(operation)
    if details is None:
        return None
    texts, location = request.app.state.texts, _location(request, operation)
    return Problem.model_validate(problem_body(texts, details, instance=location))


def _problem_details(operation: Operation) -> ProblemDetails | None:
    problem = operation.problem
    return None if problem is None else ProblemDetails(409, problem["code"], problem["params"])


def _location(request: Request, operation: Operation) -> str:
    return f"{_operations_path(request.app)}{operation.id}"


@cache
def _operations_path(app: Any) -> str:
    """Return the path of all operations of an application, which searches its routes once."""
    some = UUID(int=0)
    return str(app.url_path_for("operation_get", operation_id=some)).removesuffix(str(some))


class OperationResponse(JSONResponse):
    """The response of a command that starts an operation.

    It waits for the operation to end, after the request's transaction has committed: inside the
    route nothing is committed yet, so the end could never be seen. No database connection is held
    while it waits. A failed operation is answered as the problem that it ended with.
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
        operation = await self._wait()
        details = _problem_details(operation)
        if details is not None:
            await self._failed(details)(scope, receive, send)
            return
        if operation.ended:
            self._set_succeeded(operation)
        await super().__call__(scope, receive, send)

    async def _wait(self) -> Operation:
        if self._operation.ended:
            return self._operation
        waiter: OperationWaiter = self._request.app.state.operation_waiter
        principal: Principal = self._request.state.principal
        ended = await waiter.wait_for_end(
            principal.tenant_id, self.operation_id, within=waiter.budget
        )
        return ended or self._operation

    def _set_succeeded(self, operation: Operation) -> None:
        self.status_code = 200
        self.body = self.render(self._content(operation))
        del self.headers["location"], self.headers["retry-after"]
        self.headers["content-length"] = str(len(self.body))

    def _failed(self, details: ProblemDetails) -> Response:
        response = problem_response(self._request, details)
        for name, value in self.headers.items():
            if name not in REPLACED_HEADERS:  # keep the headers that others have set
                response.headers[name] = value
        response.background = self.background
        return response
