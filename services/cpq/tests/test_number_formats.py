"""The number formats of quotes, over HTTP."""

from typing import Any

import pytest
from httpx import AsyncClient

from kernel.ids import new_id
from testkit import tokens


async def test_a_number_format_changes_for_one_tenant_only(client: AsyncClient) -> None:
    [default] = (await client.get("/number-formats")).json()["items"]
    assert (default["type"], default["is_default"], default["version"]) == ("cpq.quote", True, 0)
    assert default["example"].startswith("Q-")
    body = {"prefix": "BJ", "year": "NONE", "width": 4, "separator": "/", "mode": "FAST"}
    answer = await client.put("/number-formats/cpq.quote", json=body)
    assert answer.status_code == 200, answer.text
    expected = {
        "type": "cpq.quote",
        **body,
        "is_default": False,
        "example": "BJ/0001",
        "version": 1,
    }
    assert answer.json() == expected
    assert (await client.get("/number-formats")).json()["items"] == [expected]
    other = (await client.get("/number-formats", headers=tokens.bearer(new_id()))).json()
    assert other["items"] == [default]


async def test_a_number_format_changes_only_as_it_was_read(client: AsyncClient) -> None:
    path, body = "/number-formats/cpq.quote", {"prefix": "BJ"}
    read = await client.get(path)
    assert (read.headers["ETag"], read.json()["version"]) == ('"0"', 0)
    changed = await client.put(path, json=body, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1"')
    assert (await client.get(path)).json() == changed.json()
    stale = await client.put(path, json={"prefix": "SH"}, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    again = await client.put(path, json=body, headers={"If-Match": '"0"'})
    assert (again.status_code, again.headers["ETag"]) == (200, '"1"')  # it is this already
    [entry] = (await client.get(f"{path}/audit")).json()["items"]
    assert (entry["verb"], entry["part_id"]) == ("INSERT", "cpq.quote")
    assert {"field": "prefix", "from": None, "to": "BJ"} in entry["changes"]
    client.headers.pop("If-Match")
    missing = await client.put(path, json={"prefix": "SH"})
    assert (missing.status_code, missing.json()["code"]) == (428, "PRECONDITION_REQUIRED")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/prefix", "REQUIRED"),
        ({"prefix": "q"}, "/prefix", "PATTERN_MISMATCH"),
        ({"prefix": "Q", "width": 0}, "/width", "TOO_SMALL"),
        ({"prefix": "Q", "width": 13}, "/width", "TOO_LARGE"),
        ({"prefix": "Q", "year": "YYY"}, "/year", "VALUE_UNKNOWN"),
        ({"prefix": "Q", "separator": "#"}, "/separator", "PATTERN_MISMATCH"),
        ({"prefix": "Q", "mode": "SLOW"}, "/mode", "VALUE_UNKNOWN"),
        ({"prefix": "Q", "x": 1}, "/x", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_formats(
    client: AsyncClient, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.put("/number-formats/cpq.quote", json=body)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    missing = await client.put("/number-formats/quote", json={"prefix": "Q"})
    assert (missing.status_code, missing.json()["code"]) == (404, "NUMBER_FORMAT_NOT_FOUND")
