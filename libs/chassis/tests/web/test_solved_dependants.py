"""What a request gets from a shortened tree of dependencies equals what the whole tree gives."""

from collections import Counter
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from chassis.web import solved_dependants
from chassis.web.solved_dependants import HandlerChoice, solved_dependant

CALLS: Counter[str] = Counter()
BEARER = HTTPBearer(auto_error=False)


async def session(request: Request, _: Annotated[Any, Depends(BEARER)] = None) -> str:
    CALLS["session"] += 1
    return request.headers["host"]


async def caller(shared: Annotated[str, Depends(session)]) -> str:
    CALLS["caller"] += 1
    return f"caller at {shared}"


async def page(limit: Annotated[int, Query(ge=1)] = 50, after: str | None = None) -> str:
    CALLS["page"] += 1
    return f"{limit} after {after}"


async def twice(chosen: Annotated[str, Depends(page)]) -> str:
    return chosen


class ChosenRoute(APIRoute):
    def get_route_handler(self) -> Any:
        choice = HandlerChoice(self, super().get_route_handler)

        async def handle(request: Request) -> Any:
            return await choice.handler(request)(request)

        return handle


router = APIRouter(route_class=ChosenRoute)


@router.get("/things", dependencies=[Depends(caller)])
async def things(
    who: Annotated[str, Depends(caller)],
    where: Annotated[str, Security(session, scopes=["things"])],
    chosen: Annotated[str, Depends(page)],
    again: Annotated[str, Depends(twice)],
    kind: str,
    colours: Annotated[list[str] | None, Query()] = None,
) -> dict[str, Any]:
    return {"who": who, "where": where, "page": [chosen, again], "kind": kind, "colours": colours}


@pytest.fixture
async def client() -> Any:
    CALLS.clear()
    app = FastAPI()
    app.include_router(router, prefix="/v1")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here/v1") as client:
        yield client


async def test_absent_parameters_have_their_defaults(client: httpx.AsyncClient) -> None:
    answer = await client.get("/things", params={"kind": "a"})
    assert answer.json() == {
        "who": "caller at here",
        "where": "here",
        "page": ["50 after None"] * 2,
        "kind": "a",
        "colours": None,
    }
    # Once for the caller, and once more for the scopes, as FastAPI itself does.
    assert CALLS == {"session": 2, "caller": 1, "page": 1}


async def test_given_parameters_are_read_whatever_was_given_before(
    client: httpx.AsyncClient,
) -> None:
    query: list[tuple[str, str | int | float | None]] = [
        ("kind", "b"),
        ("limit", "7"),
        ("after", "x"),
        ("colours", "red"),
        ("colours", "blue"),
    ]
    for _ in range(2):
        answer = (await client.get("/things", params=httpx.QueryParams(query))).json()
        assert (answer["page"], answer["colours"]) == (["7 after x"] * 2, ["red", "blue"])
        answer = (await client.get("/things", params={"kind": "b", "limit": "8"})).json()
        assert (answer["page"], answer["colours"]) == (["8 after None"] * 2, None)


async def test_all_invalid_parameters_are_reported_together(client: httpx.AsyncClient) -> None:
    """A dependency that two others share is invalid for both, and is not called without values."""
    answer = await client.get("/things", params={"limit": "0"})
    assert answer.status_code == 422
    found = sorted((*each["loc"], each["type"]) for each in answer.json()["detail"])
    assert found == [
        ("query", "kind", "missing"),
        ("query", "limit", "greater_than_equal"),
        ("query", "limit", "greater_than_equal"),
    ]


async def test_the_documentation_names_every_parameter(client: httpx.AsyncClient) -> None:
    await client.get("/things", params={"kind": "a"})
    document = (await client.get("http://here/openapi.json")).json()
    operation = document["paths"]["/v1/things"]["get"]
    assert {each["name"] for each in operation["parameters"]} == {
        "limit",
        "after",
        "kind",
        "colours",
    }
    assert operation["security"] == [{"HTTPBearer": ["things"]}]


async def test_a_route_keeps_a_bounded_number_of_handlers(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solved_dependants, "MAX_HANDLERS", 1)
    for query in ({"limit": "1"}, {"limit": "2", "after": "y"}, {"after": "z"}):
        answer = await client.get("/things", params={"kind": "c", **query})
        expected = f"{query.get('limit', 50)} after {query.get('after')}"
        assert answer.json()["page"] == [expected] * 2


def test_a_tree_has_each_dependency_without_parameters_once() -> None:
    whole = next(route for route in router.routes if isinstance(route, APIRoute)).dependant
    short = solved_dependant(whole, frozenset({"limit"}))
    assert [len(each.dependencies) for each in short.dependencies] == [1, 0, 1, 0, 1]
    (limit,) = short.dependencies[3].query_params
    assert limit.name == "limit"
    assert [field.name for field in short.query_params] == ["kind"]
    assert len(whole.dependencies[1].dependencies) == 1, "the route's own tree stays"
