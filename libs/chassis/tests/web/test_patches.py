"""Tests of merge patches: the RFC's examples, its algorithm, and a resource edited by them."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.web.patches import merge_patch
from testkit.plugin import Client, PublishedFacts

# RFC 7396, appendix A: original, patch, result.
APPENDIX: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("original", "patch", "result"), APPENDIX)
def test_the_examples_of_the_rfc(original: Any, patch: Any, result: Any) -> None:
    assert merge_patch(original, patch) == result


NAMES = st.sampled_from("abc")
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def rfc_merge_patch(target: Any, patch: Any) -> Any:
    """The pseudocode of RFC 7396, section 2, line by line; it changes its target."""
    if isinstance(patch, dict):
        if not isinstance(target, dict):
            target = {}
        for name, value in patch.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = rfc_merge_patch(target.get(name), value)
        return target
    return patch


@given(DOCUMENTS, DOCUMENTS)
def test_the_algorithm_of_the_rfc_without_changing_arguments(target: Any, patch: Any) -> None:
    before = deepcopy((target, patch))
    merged = merge_patch(target, patch)
    assert (target, patch) == before
    assert merged == rfc_merge_patch(deepcopy(target), deepcopy(patch))
    assert merge_patch(merged, patch) == merged  # a patch sent twice is the patch sent once


async def create_card(client: Client) -> str:
    body = {
        "title": "One",
        "amount": {"amount": "12.50", "currency": "CNY"},
        "due_date": "2027-03-31",
    }
    return f"/cards/{(await client.post('/cards', json=body)).json()['id']}"


@pytest.mark.parametrize("media", ["application/json", "application/merge-patch+json"])
async def test_named_fields_change(client: Client, media: str) -> None:
    address = await create_card(client)
    body = b'{"title": "Two", "due_date": null, "amount": {"amount": "13.50"}}'
    answer = await client.patch(address, content=body, headers={"Content-Type": media})
    assert answer.status_code == 200, answer.text
    card = answer.json()
    assert (card["title"], card["due_date"], card["version"]) == ("Two", None, 2)
    assert card["amount"] == {"amount": "13.50", "currency": "CNY"}
    assert card == (await client.get(address)).json()


@pytest.mark.parametrize(
    "body", [{}, {"title": "One"}, {"board_id": None}, {"amount": {"currency": "CNY"}}]
)
async def test_an_edit_without_changes_makes_no_version_and_no_event(
    client: Client, published: PublishedFacts, body: dict[str, Any]
) -> None:
    address = await create_card(client)
    answer = await client.patch(address, json=body, headers={"If-Match": '"9"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert len(await published()) == 1


@pytest.mark.parametrize(
    ("body", "findings"),
    [
        ({"title": None}, {"/title": "REQUIRED"}),
        ({"title": "", "due_date": "x"}, {"/title": "TOO_SHORT", "/due_date": "DATE_INVALID"}),
        ({"stage": "DONE"}, {"/stage": "UNKNOWN_FIELD"}),
        ({"amount": {"amount": None}}, {"/amount/amount": "REQUIRED"}),
        ({"amount": {"amount": "1e5"}}, {"/amount/amount": "DECIMAL_STRING_INVALID"}),
        ({"title": "a\0b"}, {"/title": "TEXT_INVALID"}),
        ({"board_id": "x"}, {"/board_id": "ID_INVALID"}),
        ([], {"": "TYPE_INVALID"}),
        ("x", {"": "TYPE_INVALID"}),
    ],
)
async def test_every_violation_is_reported_at_once(
    client: Client, body: Any, findings: dict[str, str]
) -> None:
    address = await create_card(client)
    answer = await client.patch(address, json=body)
    assert answer.status_code == 422, answer.text
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == findings


@pytest.mark.parametrize("media", ["text/plain", "application/json-patch", "application/xml"])
async def test_other_media_types_are_refused(client: Client, media: str) -> None:
    address = await create_card(client)
    answer = await client.patch(address, content=b"{}", headers={"Content-Type": media})
    assert answer.status_code == 415
