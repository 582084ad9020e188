"""services/README.md: states and routes of capabilities are those of the published APIs."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("org", "mtl", "l2o", "cpq", "rms", "desk")
ROW = re.compile(r"^\| ([A-Z0-9]+-\d\d) \| (.+?) \| (\w+) \| (.*?) ?\|$", re.MULTILINE)
ROUTE = re.compile(r"`(?:(GET|POST|PUT|PATCH|DELETE) )?(/[^`]+)`")
CAPABILITY = re.compile(r"\b(?:MTL|L2O|MCR|SFE|CPQ|RMS|TEAM|FC|BI|SEC|INT|CFG|DQ|DOC|APR)-\d\d\b")


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall((ROOT / "services" / "README.md").read_text())


@cache
def published_routes() -> frozenset[tuple[str, str]]:
    """Method and path of every operation, whatever its path parameters are called."""
    routes = set()
    for service in SERVICES:
        document = ROOT / "contracts" / "schemas" / "openapi" / f"{service}.json"
        for path, operations in json.loads(document.read_text())["paths"].items():
            routes |= {(method.upper(), unnamed(path)) for method in operations}
    return frozenset(routes)


def unnamed(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def named_routes(text: str) -> Iterator[tuple[str, str]]:
    """The routes of a row; one without a method continues the one before it: `/win`."""
    method, path = "", ""
    for verb, place in ROUTE.findall(text):
        method = verb or method
        path = place if verb else f"{path.rpartition('/')[0]}{place}"
        yield method, unnamed(path)


def wrong(state: str, carried: str) -> str:
    """What is wrong with the row of a capability; empty where nothing is."""
    routes = list(named_routes(carried))
    if state == "planned":
        return "a planned capability has no routes" if carried else ""
    if state not in {"partly", "done"} or ("missing: " in carried) is not (state == "partly"):
        return "the state is partly, with what is missing, or done"
    unknown = sorted(set(routes) - published_routes())
    return f"no such routes: {unknown}" if unknown else "" if routes else "no route carries it"


def test_the_state_of_a_capability_is_shown_by_routes() -> None:
    problems = {row[0]: wrong(row[2], row[3]) for row in rows()}
    assert {name: text for name, text in problems.items() if text} == {}


@pytest.mark.parametrize(
    ("state", "carried"),
    [
        ("planned", "`POST /mtl/v1/leads`"),
        ("partly", "`POST /mtl/v1/leads`"),
        ("done", "`POST /mtl/v1/leads`; missing: pools"),
        ("done", "a screen"),
        ("done", "`POST /mtl/v1/leads/{id}/qualify`, `/praise`"),
        ("soon", ""),
    ],
)
def test_a_wrong_row_is_noticed(state: str, carried: str) -> None:
    assert wrong(state, carried)


def test_every_capability_stands_once() -> None:
    ids = [row[0] for row in rows()]
    assert len(ids) == len(set(ids)) == 152


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_names_capabilities_of_the_list(service: str) -> None:
    states = {row[0]: row[2] for row in rows()}
    named = set(CAPABILITY.findall((ROOT / "services" / service / "README.md").read_text()))
    assert named
    assert {name for name in named if states.get(name) not in {"partly", "done"}} == set()
