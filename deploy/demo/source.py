"""What the demo imports: the pipeline, and leads: the real set, else made of the pipeline."""

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "leads" / "leads.csv"
FOLDER = Path(__file__).parent / "pipeline"
PIPELINE = FOLDER / "sales_pipeline.csv"
PRODUCTS = FOLDER / "products.csv"
# Service, kind and file, each after those whose records it names.
FILES = (
    ("org", "PEOPLE", "sales_teams.csv"),
    ("cpq", "PRODUCTS", "products.csv"),
    ("l2o", "ACCOUNTS", "accounts.csv"),
    ("l2o", "OPPORTUNITIES", "sales_pipeline.csv"),
)
SELLER, MANAGER = "Darcel Schlecht", "Melvin Marxen"


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
        "account, product, agent and date of real opportunities, each a company of its own so that "
        "none is taken for one of the pipeline; ../shared is absent",
        content=_of_pipeline(PIPELINE.read_text()),
        mapping={"Opportunity": "external_id", "Account": "company"},
    )


def pipeline() -> list[tuple[str, str, Source]]:
    """Every file of the pipeline: the service that takes it, as which kind, and the file."""
    return [
        (service, kind, Source(name, "", (FOLDER / name).read_bytes(), {}))
        for service, kind, name in FILES
    ]


@dataclass(frozen=True)
class Expected:
    """How many of the file's opportunities somebody is to see, and the worth of those won."""

    count: int
    won: Decimal


def expected() -> dict[str, Expected]:
    """By the file itself: what its seller sees, and what that seller's manager sees."""
    with (FOLDER / "sales_teams.csv").open(newline="") as file:
        team = {r["sales_agent"] for r in csv.DictReader(file) if r["manager"] == MANAGER}
    return {"seller": _of_agents({SELLER}), "manager": _of_agents(team)}


def _of_agents(agents: set[str]) -> Expected:
    """Rows without an account do not come in."""
    with PIPELINE.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["sales_agent"] in agents and r["account"]]
    won = sum(Decimal(r["close_value"]) for r in rows if r["deal_stage"] == "Won")
    return Expected(len(rows), Decimal(won))


def _of_pipeline(text: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Opportunity", "Account", "Product", "Agent", "Engage Date", "Converted"])
    for row in csv.DictReader(io.StringIO(text)):
        won = "1" if row["deal_stage"] == "Won" else "0"
        company = f"{row['account']} {row['opportunity_id']}" if row["account"] else ""
        writer.writerow(
            [row["opportunity_id"], company, row["product"], row["sales_agent"],
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
