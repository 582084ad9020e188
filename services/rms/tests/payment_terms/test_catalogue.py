"""Payment terms as records: what never changes, when one can be deleted, and cells of files."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import Invalid
from rms.payment_terms.schemas import instalments_in_cell
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, add_order, add_settings, errors_of
from services.rms.tests.payment_terms.test_routes import EOM_30, SPLIT, create_term
from testkit.plugin import PublishedFacts

BY_SAP = "/payment-terms/by-external-id/sap/Z030"


@pytest.fixture
async def settings(tx: AsyncConnection, at: At) -> None:
    await add_settings(tx)
    at(NOON)


@pytest.mark.usefixtures("settings")
async def test_a_put_renames_and_changes_no_agreement(client: AsyncClient) -> None:
    term = (await client.put(BY_SAP, json=SPLIT)).json()
    assert (term["is_default"], term["version"]) == (True, 1)
    renamed = (await client.put(BY_SAP, json={**SPLIT, "name": "三七", "is_default": False})).json()
    assert (renamed["name"], renamed["is_default"]) == ("三七", True), "make-default decides"
    other = [{"share": "1", "days": 30}]
    refused = await client.put(BY_SAP, json={**SPLIT, "code": "NET_7", "instalments": other})
    assert errors_of(refused) == {
        ("/code", "PAYMENT_TERM_FIXED"),
        ("/instalments", "PAYMENT_TERM_FIXED"),
    }


@pytest.mark.usefixtures("settings")
async def test_a_term_in_use_cannot_be_deleted(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    default, free = await create_term(client, SPLIT), await create_term(client, EOM_30)

    async def delete(term: dict[str, Any]) -> tuple[int, str]:
        answer = await client.delete(f"/payment-terms/{term['id']}")
        return answer.status_code, answer.json()["code"] if answer.content else ""

    assert await delete(default) == (409, "PAYMENT_TERM_DEFAULT")
    await add_order(tx)  # it gets the default term
    await client.post(f"/payment-terms/{free['id']}/make-default")
    assert await delete(default) == (409, "PAYMENT_TERM_IN_USE")
    await client.post(f"/payment-terms/{default['id']}/make-default")
    assert await delete(free) == (204, "")
    again = await client.post("/payment-terms", json=EOM_30)
    assert (again.status_code, again.json()["code"]) == (409, "PAYMENT_TERM_DELETED")
    terms = [e for e in await published() if "payment_term" in e.payload]
    mine = [e.type for e in terms if e.payload["payment_term"]["code"] == "EOM_30"]
    assert [one.split(".")[2] for one in mine] == ["created", "changed", "changed", "deleted"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("100% SHIPMENT 30", [("1", "SHIPMENT", 30)]),
        (
            "30% prepaid 0；70 % end_of_month 6",
            [("0.3", "PREPAID", 0), ("0.7", "END_OF_MONTH", 6)],
        ),
        ("33.3333% SHIPMENT 5", [("0.333333", "SHIPMENT", 5)]),
    ],
)
def test_a_cell_holds_instalments(cell: str, expected: list[tuple[str, str, int]]) -> None:
    found = [(one["share"], one["basis"], one["days"]) for one in instalments_in_cell(cell)]
    assert found == expected


@pytest.mark.parametrize("cell", ["30", "30% PREPAID", "30% PREPAID 0; x", "３０% PREPAID 0", ";"])
def test_a_cell_that_holds_none_is_refused(cell: str) -> None:
    with pytest.raises(Invalid) as refused:
        instalments_in_cell(cell)
    assert [one.code for one in refused.value.violations] == ["INSTALMENTS_UNREADABLE"]
