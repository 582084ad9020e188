"""The same funnel, asked for by three people: each sees what row scope lets them see."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from deploy.demo.client import Json, Person
from deploy.demo.source import Expected

FUNNEL = "/l2o/v1/opportunities/funnel"


async def funnels(people: Mapping[str, Person], whole: Person) -> Json:
    """By person: their funnel and how many opportunities are in their list.

    `whole` holds the scope that sees every record.
    """
    asked = {**people, "whole": whole}
    ids = {name: await _ids(person) for name, person in asked.items()}
    return {
        "people": {
            name: {"stages": await _stages(person), "sees": len(ids[name])}
            for name, person in asked.items()
        },
        "nested": nested([ids[name] for name in asked]),
    }


async def _stages(person: Person) -> list[Json]:
    stages: list[Json] = (await person.get(FUNNEL))["stages"]
    return stages


async def _ids(person: Person) -> set[str]:
    path = "/l2o/v1/opportunities?fields=id"
    return {item["id"] async for item in person.everything(path)}


def nested(views: Sequence[set[str]]) -> bool:
    """Whether everybody sees all that those before them see, each more but for the last."""
    inside = all(view <= wider for view, wider in pairwise(views))
    growing = all(len(view) < len(wider) for view, wider in pairwise(views[:-1]))
    return inside and growing


def counted(stages: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Opportunities by stage, in the funnel's order."""
    return {row["stage"]: row["count"] for row in stages}


def amounts(stages: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """Sums by stage and currency."""
    return {
        (row["stage"], one["amount"]["currency"]): Decimal(one["amount"]["amount"])
        for row in stages
        for one in row["amounts"]
    }


def checks(found: Mapping[str, Any], expected: Mapping[str, Expected]) -> dict[str, bool]:
    """What must hold of the funnels; `expected` is worked out from the file itself."""
    views = found["people"]
    whole, widest = views["whole"]["stages"], list(views)[-2]
    return {
        "funnels_nest": found["nested"],
        "funnel_of_the_director_is_the_whole": counted(views[widest]["stages"]) == counted(whole)
        and amounts(views[widest]["stages"]) == amounts(whole),
        "funnels_count_what_the_lists_hold": all(
            sum(counted(one["stages"]).values()) == one["sees"] for one in views.values()
        ),
        **{
            f"funnel_of_{name}_is_the_files": _fits(views[name]["stages"], one)
            for name, one in expected.items()
        },
    }


def _fits(stages: Sequence[Mapping[str, Any]], expected: Expected) -> bool:
    won = sum(amount for (stage, _), amount in amounts(stages).items() if stage == "WON")
    return (sum(counted(stages).values()), won) == (expected.count, expected.won)
