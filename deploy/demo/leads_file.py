"""The leads of the demo, by rising number: the real file if present, else leads made like it.

Only what was known when a lead came in is handed to the system. How it ended, and the columns that
sellers and trackers wrote later, stay here.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.made_leads import made_leads
from deploy.demo.source import Source

# The real leads may be used from beside the project, but they may not be shipped.
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leads" / "leads.csv"
NUMBER, SOURCE, COUNTRY, OUTCOME = "Lead Number", "Lead Source", "Country", "Converted"
HISTORY_CONVERTED = 200  # so many converted leads are needed before a model is learned
CAPTURED = 400
NOT_CHOSEN = ("", "Select", "unknown")


@dataclass(frozen=True)
class OwnField:
    """A column that becomes a custom field of leads."""

    column: str
    key: str
    type: str
    label_zh: str


FIELDS = (
    OwnField("Lead Origin", "lead_origin", "TEXT", "线索类型"),
    OwnField("TotalVisits", "visits", "NUMBER", "访问次数"),
    OwnField("Total Time Spent on Website", "seconds_on_site", "NUMBER", "网站停留秒数"),
    OwnField("Page Views Per Visit", "pages_per_visit", "NUMBER", "每次访问页数"),
    OwnField("Specialization", "specialization", "TEXT", "专业方向"),
    OwnField("City", "city", "TEXT", "城市"),
    OwnField("How did you hear about X Education", "heard_by", "TEXT", "了解渠道"),
    OwnField("Do Not Email", "no_mail", "BOOLEAN", "不接收邮件"),
    OwnField("A free copy of Mastering The Interview", "wants_guide", "BOOLEAN", "索取面试指南"),
)
# What the demo leaves out, because it is written after a lead came in.
LEFT_OUT = (
    "Tags, Lead Quality, Lead Profile, Last Activity, Last Notable Activity, the four Asymmetrique "
    "scores, What matters most to you, What is your current occupation, Converted"
)

Row = Mapping[str, str]


@dataclass(frozen=True)
class LeadsFile:
    """The leads in the order in which they came, and where they are from."""

    description: str
    rows: Sequence[Row]

    @classmethod
    def read(cls, path: Path = REAL) -> "LeadsFile":
        """Read the real leads, or make some like them."""
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            description = f"real leads from {path} (X Education lead-scoring set)"
        else:
            rows = list(made_leads())
            description = (
                "seeded leads of the columns, size and difficulty of the X Education lead-scoring "
                "set, which may not be shipped"
            )
        return cls(description, sorted(rows, key=lambda row: int(row[NUMBER])))

    @property
    def history(self) -> Sequence[Row]:
        """The oldest leads, which have ended: up to the 200th that converted."""
        converted = 0
        for position, row in enumerate(self.rows):
            converted += is_converted(row)
            if converted == HISTORY_CONVERTED:
                return self.rows[: position + 1]
        return self.rows

    @property
    def waiting(self) -> Sequence[Row]:
        """The leads that were imported and are open."""
        return self.rows[len(self.history) : -CAPTURED]

    @property
    def captured(self) -> Sequence[Row]:
        """The newest leads, which come in through a channel."""
        return self.rows[-CAPTURED:]

    @property
    def outcomes(self) -> dict[str, bool]:
        """Whether each lead converted in the end, by its number."""
        return {row[NUMBER]: is_converted(row) for row in self.rows}


def is_converted(row: Row) -> bool:
    """Whether a lead converted in the end."""
    return row[OUTCOME] == "1"


def as_source(rows: Sequence[Row], file_name: str) -> Source:
    """Return leads as a file to import, with the columns that were known when they came in."""
    columns = [NUMBER, SOURCE, COUNTRY, *(field.column for field in FIELDS)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row, column) for column in columns] for row in rows)
    mapping = {field.column: f"custom_fields.{field.key}" for field in FIELDS}
    return Source(file_name, "", out.getvalue().encode(), mapping)


def as_capture(row: Row) -> dict[str, Any]:
    """Return a lead as a form of a website sends it; nothing stands for what nobody chose."""
    visit = {field.key: _typed(field, _cell(row, field.column)) for field in FIELDS}
    form = {"source": _cell(row, SOURCE), "country": _cell(row, COUNTRY)}
    payload = {"visitor": row[NUMBER], "form": dict(_filled(form)), "visit": dict(_filled(visit))}
    return {"event_id": f"web-{row[NUMBER]}", "payload": payload}


def _typed(field: OwnField, text: str) -> str | bool:
    """Return a cell as the form sends it: a tick is true or false."""
    return text == "Yes" if field.type == "BOOLEAN" and text else text


def _filled(values: Mapping[str, str | bool]) -> Iterator[tuple[str, str | bool]]:
    return ((name, value) for name, value in values.items() if value != "")


def _cell(row: Row, column: str) -> str:
    value = row.get(column, "")
    return "" if value in NOT_CHOSEN else value
