"""Which leads the demo imports: the real set beside the checkout, else made of the pipeline."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "leads" / "leads.csv"
PIPELINE = Path(__file__).parent / "pipeline" / "sales_pipeline.csv"
PRODUCTS = Path(__file__).parent / "pipeline" / "products.csv"


@dataclass(frozen=True)
class Source:
    """A CSV of leads and what to say of it."""

    file_name: str
    said: str
    content: bytes
    mapping: dict[str, str]


def leads() -> Source:
    """The X Education set where it is present (it may not be shipped), else the pipeline's."""
    if REAL.exists():
        return Source(
            file_name="leads.csv",
            said=f"real leads from {REAL} (X Education lead-scoring set)",
            content=REAL.read_bytes(),
            mapping={},
        )
    return Source(
        file_name="pipeline-leads.csv",
        said="leads made of deploy/demo/pipeline (CRM Sales Opportunities, public domain): "
        "account, product, agent and date of real opportunities; ../shared is absent",
        content=_of_pipeline(PIPELINE.read_text()),
        mapping={"Opportunity": "external_id", "Account": "company"},
    )


def _of_pipeline(text: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Opportunity", "Account", "Product", "Agent", "Engage Date", "Converted"])
    for row in csv.DictReader(io.StringIO(text)):
        won = "1" if row["deal_stage"] == "Won" else "0"
        writer.writerow(
            [row["opportunity_id"], row["account"], row["product"], row["sales_agent"],
             row["engage_date"], won]
        )  # fmt: skip
    return out.getvalue().encode()


@dataclass(frozen=True)
class Product:
    """A product of the pipeline with its list price in yuan."""

    sku: str
    name: str
    price: str


def products() -> list[Product]:
    """The pipeline's seven products; their prices are taken as yuan, and said so."""
    with PRODUCTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Product(r["product"].upper().replace(" ", "-"), r["product"], r["sales_price"])
        for r in rows
    ]
