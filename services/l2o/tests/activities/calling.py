"""Calls of the API of activities, for tests."""

from typing import Any

from httpx import AsyncClient, Response

AT = "2026-11-20T02:00:00Z"
SELLER = " ".join(
    f"l2o.{noun}.{verb}"
    for noun in ("account", "contact", "opportunity", "activity")
    for verb in ("read", "write")
)


async def make(client: AsyncClient, path: str, body: dict[str, Any], **options: Any) -> Any:
    """Create a record through the API and return it."""
    answer = await client.post(path, json=body, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def account(client: AsyncClient, name: str = "上海测试有限公司", **options: Any) -> str:
    """Create an account and return its id."""
    made: str = (await make(client, "/accounts", {"name": name, "confirmed": True}, **options))[
        "id"
    ]
    return made


async def opportunity(client: AsyncClient, account_id: str, **options: Any) -> str:
    """Open an opportunity of an account and return its id."""
    body = {"account_id": account_id, "name": "2027 年度采购"}
    made: str = (await make(client, "/opportunities", body, **options))["id"]
    return made


async def record(
    client: AsyncClient, account_id: str, headers: dict[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """Record an activity; a call in November unless the test says more."""
    body = {"account_id": account_id, "kind": "CALL", "at": AT, **fields}
    made: dict[str, Any] = await make(client, "/activities", body, headers=headers)
    return made


async def read(client: AsyncClient, path: str, **options: Any) -> Any:
    """Read a path and return its answer."""
    answer = await client.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(client: AsyncClient, path: str, **options: Any) -> list[str]:
    """Return the ids of a list, in its order."""
    return [one["id"] for one in (await read(client, path, **options))["items"]]


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def violations(answer: Response) -> set[tuple[str, str]]:
    """Pointer and code of every violation."""
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
