"""The files of the pipeline that the demo imports."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).parent / "pipeline"
PIPELINE = FOLDER / "sales_pipeline.csv"
PRODUCTS = FOLDER / "products.csv"
# Resource and file. A file follows those whose records it refers to.
FILES = (
    ("org.person", "sales_teams.csv"),
    ("cpq.product", "products.csv"),
    ("l2o.account", "accounts.csv"),
    ("l2o.opportunity", "sales_pipeline.csv"),
)
SELLER, MANAGER = "Darcel Schlecht", "Melvin Marxen"


@dataclass(frozen=True)
class Source:
    """A CSV file, its description for the report, and the mapping of its columns."""

    file_name: str
    description: str
    content: bytes
    mapping: dict[str, str]


def pipeline() -> list[tuple[str, Source]]:
    """Return the resource and the file for every file of the pipeline."""
    return [
        (resource, Source(name, "", (FOLDER / name).read_bytes(), {})) for resource, name in FILES
    ]


@dataclass(frozen=True)
class Expected:
    """The number of opportunities in the file that a person must see, and the amount won."""

    count: int
    won: Decimal


def expected() -> dict[str, Expected]:
    """Compute from the file what the seller and their manager must see."""
    with (FOLDER / "sales_teams.csv").open(newline="") as file:
        team = {r["sales_agent"] for r in csv.DictReader(file) if r["manager"] == MANAGER}
    return {"seller": _of_agents({SELLER}), "manager": _of_agents(team)}


def _of_agents(agents: set[str]) -> Expected:
    """Count the rows of these agents; the import refuses rows without an account."""
    with PIPELINE.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["sales_agent"] in agents and r["account"]]
    won = sum(Decimal(r["close_value"]) for r in rows if r["deal_stage"] == "Won")
    return Expected(len(rows), Decimal(won))


@dataclass(frozen=True)
class Product:
    """A product of the pipeline with its list price in yuan."""

    sku: str
    name: str
    price: str


def products() -> list[Product]:
    """Return the pipeline's seven products; their prices are read as yuan."""
    with PRODUCTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Product(r["product"].upper().replace(" ", "-"), r["product"], r["sales_price"])
        for r in rows
    ]
