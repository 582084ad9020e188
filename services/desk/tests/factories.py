"""Flows, roles and requests for the tests of DESK."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from contracts.approvals import ApprovalRequestState, RequestStatus
from desk.approvals.actions.opening import follow_request
from desk.roles.store import role_holders, roles
from kernel.ids import new_id
from testkit.directory import Company, directory_id, sign_in, subject

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)  # Tuesday, 9:00 in Shanghai
KIND = "cpq.quote_discount"
SCOPES = "desk.approval.read desk.approval.write desk.approval_task.read desk.approval_task.write"
ADMIN = {"source": "ROLE", "name": "ADMIN"}
HEAD = {"source": "DEPARTMENT_HEAD"}
Body = dict[str, Any]


def as_(tenant: UUID, name: str, *, scope: str = SCOPES) -> dict[str, str]:
    """Return the header of a person who asks and decides."""
    return sign_in(tenant, name, scope=scope)


async def build_company(tx: AsyncConnection) -> Company:
    """Build the company; zhao is its admin, qian its director."""
    company = await Company(tx).build()
    await hold_role(tx, "ADMIN", "zhao")
    await hold_role(tx, "DIRECTOR", "qian")
    return company


async def hold_role(tx: AsyncConnection, code: str, *people: str) -> None:
    """Let people hold a new role."""
    role_id = new_id()
    values = {"id": role_id, "epoch": 1, "sequence": 1, "deleted": False}
    await tx.execute(insert(roles).values(**values, code=code, name=code))
    for name in people:
        held = {"person_id": directory_id(name), "role_id": role_id}
        await tx.execute(insert(role_holders).values(held))


def row(key: str, outcome: Mapping[str, Any], *conditions: Body) -> Body:
    return {"id": key, "condition": {"all": list(conditions)}, "outcome": dict(outcome)}


def step(key: str, *approvers: Body, **more: Any) -> Body:
    return {"key": key, "name": key, "approvers": list(approvers), **more}


def flow(rows: Sequence[Body], **branches: Sequence[Body]) -> Body:
    return {
        "rules": {"hit_policy": "FIRST", "rows": list(rows)},
        "branches": {key: {"steps": list(steps)} for key, steps in branches.items()},
        "fallback": ADMIN,
    }


def one_branch(*steps: Body) -> Body:
    """A flow in which every request goes through these steps."""
    return flow([row("all", {"branch": "main"})], main=steps)


def discounts() -> Body:
    """Up to 10 % passes, up to 20 % the head decides, else the director; large ones always."""
    rate = "discount_rate"
    return flow(
        [
            row("large", {"branch": "director"}, at("amount", "GTE", "500000")),
            row("small", {"verdict": "APPROVE"}, at(rate, "LTE", "0.10")),
            row("medium", {"branch": "manager"}, at(rate, "LTE", "0.20")),
            row("rest", {"branch": "director"}),
        ],
        manager=[step("manager", HEAD)],
        director=[step("director", {"source": "ROLE", "name": "DIRECTOR"})],
    )


def at(field: str, operator: str, value: str) -> Body:
    return {"field": field, "operator": operator, "value": value}


async def publish(client: AsyncClient, new: Body, *, based_on: int = 0) -> Body:
    """Publish a flow as the next version."""
    answer = await client.post(
        f"/approval-flows/{KIND}/versions", json={"flow": new, "based_on": based_on}
    )
    assert answer.status_code == 201, answer.json()
    body: Body = answer.json()
    return body


def asked(
    by: str = "li", *, amount: str = "600000", rate: str = "0.08", **more: Any
) -> ApprovalRequestState:
    """A quote that somebody asks approval for."""
    values: Body = {
        "approval_id": new_id(),
        "kind": KIND,
        "resource": "cpq.quote",
        "record_id": new_id(),
        "record_version": 3,
        "record_name": "Q-2026-000123",
        "facts": {
            "amount": amount,
            "currency": "CNY",
            "discount_rate": rate,
            "total_discount_rate": rate,
            "account_name": "上海示例有限公司",
            "valid_until": "2026-12-31",
        },
        "lines": ({"product": "GTX", "quantity": "10", "net_amount": amount},),
        "record_people": {"owner": subject(by)},
        "requested_by": subject(by),
        "requested_at": NOW,
        "status": RequestStatus.PENDING,
        **more,
    }
    return ApprovalRequestState.model_validate(values)


async def ask(tx: AsyncConnection, request: ApprovalRequestState) -> UUID:
    """Let the request arrive, as the subscription does."""
    actor = request.ended_by or request.requested_by
    await follow_request(Command(tx, NOW, actor=actor), request)
    return request.approval_id


async def tasks_of(client: AsyncClient, who: dict[str, str], state: str = "OPEN") -> list[Body]:
    """Return the tasks of somebody."""
    answer = await client.get("/approval-tasks", params={"state": state}, headers=who)
    assert answer.status_code == 200, answer.json()
    items: list[Body] = answer.json()["items"]
    return items


async def decide(
    client: AsyncClient, who: dict[str, str], verb: str = "approve", **body: Any
) -> Body:
    """Decide the one open task of somebody; return the task."""
    [task] = await tasks_of(client, who)
    answer = await client.post(f"/approval-tasks/{task['id']}/{verb}", json=body, headers=who)
    assert answer.status_code == 200, answer.json()
    decided: Body = answer.json()
    return decided


async def read(client: AsyncClient, approval_id: UUID) -> Body:
    """Return a request as an admin reads it."""
    answer = await client.get(f"/approvals/{approval_id}")
    assert answer.status_code == 200, answer.json()
    body: Body = answer.json()
    return body
