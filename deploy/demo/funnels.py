"""The same funnel as three people see it: record access decides what it counts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from deploy.demo.client import Json, Person
from deploy.demo.source import Expected

FUNNEL = "/l2o/v1/opportunities/funnel"


async def funnels(people: Mapping[str, Person], whole: Person) -> Json:
    """Return the funnel and the number of visible opportunities for each person.

    `whole` is a person whose scope makes every record visible.
    """
    viewers = {**people, "whole": whole}
    ids = {name: await _ids(person) for name, person in viewers.items()}
    return {
        "people": {
            name: {"stages": await _stages(person), "sees": len(ids[name])}
            for name, person in viewers.items()
        },
        "nested": nested([ids[name] for name in viewers]),
    }


async def _stages(person: Person) -> list[Json]:
    stages: list[Json] = (await person.get(FUNNEL))["stages"]
    return stages


async def _ids(person: Person) -> set[str]:
    path = "/l2o/v1/opportunities?fields=id"
    return {item["id"] async for item in person.everything(path)}


def nested(views: Sequence[set[str]]) -> bool:
    """Return whether each view contains the one before, and all but the last see more."""
    inside = all(view <= wider for view, wider in pairwise(views))
    growing = all(len(view) < len(wider) for view, wider in pairwise(views[:-1]))
    return inside and growing


def counted(stages: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of opportunities by stage, in the funnel's order."""
    return {row["stage"]: row["count"] for row in stages}


def amounts(stages: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """Return the amounts by stage and currency."""
    return {
        (row["stage"], entry["amount"]["currency"]): Decimal(entry["amount"]["amount"])
        for row in stages
        for entry in row["amounts"]
    }


def checks(result: Mapping[str, Any], expected: Mapping[str, Expected]) -> dict[str, bool]:
    """Return the checks of the funnels; `expected` is computed from the imported file."""
    views = result["people"]
    whole, widest = views["whole"]["stages"], list(views)[-2]
    return {
        "funnels_are_nested": result["nested"],
        "director_sees_the_whole_funnel": counted(views[widest]["stages"]) == counted(whole)
        and amounts(views[widest]["stages"]) == amounts(whole),
        "funnels_match_the_lists": all(
            sum(counted(view["stages"]).values()) == view["sees"] for view in views.values()
        ),
        **{
            f"funnel_of_{name}_matches_the_file": _matches(views[name]["stages"], values)
            for name, values in expected.items()
        },
    }


def _matches(stages: Sequence[Mapping[str, Any]], expected: Expected) -> bool:
    won = sum(amount for (stage, _), amount in amounts(stages).items() if stage == "WON")
    return (sum(counted(stages).values()), won) == (expected.count, expected.won)
