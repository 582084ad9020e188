"""Leads of an online education company: the real file where it is present, else a look-alike.

The real file may be used from beside the project but not be shipped, so a seeded program makes one
of the same columns, size and difficulty where it is absent. Nothing in the library knows a name
that stands here.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.demo.made_leads import made_leads
from scoring.examples import Example, Value

# The real leads lie in ../shared where it is present.
REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "leads" / "leads.csv"
NUMBERS = {
    "TotalVisits",
    "Total Time Spent on Website",
    "Page Views Per Visit",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
}
NOT_CHOSEN = {"", "Select"}
OUTCOME, NUMBER = "Converted", "Lead Number"
# Not declared, so that the guard must find it: it is empty where nobody has worked on the lead. Of
# those from landing pages 98.9 % with a tag have an occupation, and 13.7 % without.
OCCUPATION = "What is your current occupation"
# Numbered one after the other, so the order is that of capture; there is no date in the file.
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
WRITTEN_LATER = {
    "Tags": "the seller's verdict after calling: 'Closed by Horizzon', 'Ringing', 'invalid number'",
    "Lead Quality": "the seller's judgement from the data and the talks; empty until then",
    "Lead Profile": "a level that the seller gives when working on the lead",
    "Last Activity": "overwritten by each later event, up to the export",
    "Last Notable Activity": "likewise; 'Modified' is the seller's own edit",
    "Asymmetrique Activity Index": "the vendor's score of activity, recomputed until the export",
    "Asymmetrique Activity Score": "likewise",
    "Asymmetrique Profile Index": "the vendor's score of the profile as sellers completed it",
    "Asymmetrique Profile Score": "likewise",
    "What matters most to you in choosing a course": "one value when filled, and filled where the "
    "record has been worked on: 2,101 of 2,178 leads without it have no tag either",
    "Lead Number": "orders the examples; a new lead's number lies beyond all known ones",
    "Prospect ID": "a name of the record, not a fact about the lead",
}


def lead_examples(path: Path = REAL) -> list[Example]:
    """Return the leads by rising number; the file runs newest first."""
    return sorted((_example(row) for row in _rows(path)), key=lambda one: one.at)


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)
    else:
        yield from made_leads()


def _example(row: Mapping[str, str]) -> Example:
    fields = {name: _value(name, text) for name, text in row.items() if name != OUTCOME}
    return Example(FIRST + timedelta(minutes=int(row[NUMBER])), fields, row[OUTCOME] == "1")


def _value(name: str, text: str) -> Value:
    if text in NOT_CHOSEN:
        return None
    return float(text) if name in NUMBERS else text
