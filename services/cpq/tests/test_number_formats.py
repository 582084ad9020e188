"""The number formats of quotes, over HTTP."""

from typing import Any

import pytest
from httpx import AsyncClient

from kernel.ids import new_id
from testkit import tokens


async def test_a_number_format_changes_for_one_tenant_only(client: AsyncClient) -> None:
    [default] = (await client.get("/number-formats")).json()["items"]
    assert (default["type"], default["is_default"]) == ("cpq.quote", True)
    assert default["example"].startswith("Q-")
    body = {"prefix": "BJ", "year": "NONE", "width": 4, "separator": "/", "mode": "FAST"}
    answer = await client.put("/number-formats/cpq.quote", json=body)
    assert answer.status_code == 200, answer.text
    expected = {"type": "cpq.quote", **body, "is_default": False, "example": "BJ/0001"}
    assert answer.json() == expected
    assert (await client.get("/number-formats")).json()["items"] == [expected]
    other = (await client.get("/number-formats", headers=tokens.bearer(new_id()))).json()
    assert other["items"] == [default]


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
