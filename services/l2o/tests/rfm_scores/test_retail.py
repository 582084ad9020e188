"""RFM scores of a wholesaler's invoices, against a computation by pandas."""

from datetime import UTC, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from l2o.rfm_scores import actions
from services.l2o.tests.rfm_scores.placed import order_row, place, stored_scores
from services.l2o.tests.rfm_scores.retail import (
    invoices_of,
    retail_lines,
    scores_by_pandas,
    similar_lines,
)

DAYS = 365


@pytest.mark.parametrize("source", ["retail", "similar"])
async def test_scores_are_those_of_pandas(tx: AsyncConnection, source: str) -> None:
    lines = retail_lines() if source == "retail" else similar_lines(seed=11)
    invoices = invoices_of(lines)
    ids = {customer: new_id() for customer in sorted(invoices.CustomerID.unique())}
    # Noon of its day in London is the same day in Shanghai.
    await place(
        tx,
        [
            order_row(
                ids[customer],
                pd.Timestamp(at).normalize().to_pydatetime().replace(hour=12, tzinfo=UTC),
                Decimal(int(cents)) / 100,
            )
            for customer, cents, at in zip(
                invoices.CustomerID, invoices.cents, invoices["at"], strict=True
            )
        ],
    )
    today = invoices["at"].max().normalize().to_pydatetime().replace(hour=12, tzinfo=UTC)
    await actions.compute_all(tx, today + timedelta(hours=1))
    expected = scores_by_pandas(invoices, days=DAYS)
    assert len(expected) > 100
    assert await stored_scores(tx) == {
        (
            ids[customer],
            row["last"].date(),
            row["orders"],
            Decimal(int(row["cents"])) / 100,
            row["recency"],
            row["frequency"],
            row["monetary"],
        )
        for customer, row in expected.iterrows()
    }
