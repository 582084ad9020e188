"""Invoices of a wholesaler: the public sample where it is at hand, else invoices of its shape."""

from pathlib import Path
from random import Random

import pandas as pd

DATA = Path(__file__).parents[4].parent / "shared" / "data" / "retail"
COLUMNS = ["InvoiceNo", "CustomerID", "Quantity", "UnitPrice", "InvoiceDate"]


def retail_lines() -> pd.DataFrame:
    """The lines of invoices; the number of a cancellation begins with C."""
    files = sorted(DATA.glob("online_retail*.csv"))
    if not files:
        return similar_lines(seed=7)
    return pd.read_csv(files[0], usecols=COLUMNS, dtype={"InvoiceNo": str})


def similar_lines(*, seed: int) -> pd.DataFrame:
    """Lines of the same shape: customers of whom few order often, ties, cancellations, gaps."""
    random = Random(seed)
    customers = [12000 + number for number in range(600)]
    lines = []
    for number in range(3000):
        customer = customers[int(len(customers) * random.random() ** 2)]
        cancelled = random.random() < 0.05
        start = pd.Timestamp("2010-12-01") + pd.Timedelta(minutes=random.randrange(540_000))
        for _ in range(random.randint(1, 4)):
            quantity = random.randint(1, 24)
            lines.append(
                (
                    f"C{number}" if cancelled else str(number),
                    None if random.random() < 0.1 else float(customer),
                    -quantity if cancelled else quantity,
                    random.choice([0.85, 1.25, 2.95, 4.15]),
                    str(start),
                )
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def invoices_of(lines: pd.DataFrame) -> pd.DataFrame:
    """One row for each invoice of a known customer that is no cancellation, with its total."""
    known = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.str.startswith("C")].copy()
    known["cents"] = (known.Quantity * (known.UnitPrice * 100).round()).astype("int64")
    known["at"] = pd.to_datetime(known.InvoiceDate)
    grouped = known.groupby(["InvoiceNo", "CustomerID"], as_index=False)
    invoices = grouped.agg(cents=("cents", "sum"), at=("at", "min"))
    return invoices[invoices.cents > 0]


def scores_by_pandas(invoices: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """The scores of each customer, computed by ranks of pandas alone."""
    today = invoices["at"].max().normalize()
    dated = invoices.assign(day=invoices["at"].dt.normalize())
    counted = dated[dated.day > today - pd.Timedelta(days=days)]
    found = counted.groupby("CustomerID").agg(
        last=("day", "max"), orders=("InvoiceNo", "nunique"), cents=("cents", "sum")
    )
    found["days"] = (today - found["last"]).dt.days
    scores = {"recency": -found.days, "frequency": found.orders, "monetary": found.cents}
    for name, value in scores.items():
        found[name] = 1 + 5 * (value.rank(method="min").astype("int64") - 1) // len(found)
    return found
