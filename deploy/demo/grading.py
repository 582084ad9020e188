"""How well leads were graded, measured by what became of them in the file."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Graded:
    """A lead with the score that it got when it came in, and whether it converted in the end."""

    score: int
    grade: str
    converted: bool


def graded(leads: Sequence[Mapping[str, Any]], outcomes: Mapping[str, bool]) -> list[Graded]:
    """Return the leads that have a score, with their outcomes by number."""
    return [
        Graded(one["score"], one["grade"], outcomes[one["external_id"]])
        for one in leads
        if one["score"] is not None and one["external_id"] in outcomes
    ]


def auc(leads: Sequence[Graded]) -> float | None:
    """Return how often a converted lead has a higher score than another; equal ones count half.

    This is the area under the ROC curve, by Mann and Whitney. None if all ended alike.
    """
    by_score: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for lead in leads:
        by_score[lead.score][lead.converted] += 1
    lost_below, better = 0, 0.0
    for score in sorted(by_score):
        lost, won = by_score[score]
        better += won * (lost_below + lost / 2)
        lost_below += lost
    pairs = lost_below * (len(leads) - lost_below)
    return round(better / pairs, 3) if pairs else None


def shares(leads: Sequence[Graded]) -> list[dict[str, Any]]:
    """Return for each grade how many leads have it, and what share converted in the end."""
    rows = []
    for grade in sorted({one.grade for one in leads}):
        own = [one.converted for one in leads if one.grade == grade]
        rows.append({"grade": grade, "leads": len(own), "share": round(sum(own) / len(own), 3)})
    return rows
