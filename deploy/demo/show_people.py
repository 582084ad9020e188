"""The part of the report about people: three funnels, who sees a record and why, a day."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.funnels import amounts, counted
from deploy.demo.source import MANAGER, SELLER

NAMES = {"seller": SELLER, "manager": MANAGER, "director": "赵敏", "whole": "every row"}
THOUSAND = 1_000
MOST = 6
DULL = ("id", "_at")  # left out of a line; the API and .local/demo.json have them


def show_funnels(console: Console, result: Mapping[str, Any]) -> None:
    """A column for each person, count and amount for each stage that has any."""
    views = result["funnels"]["people"]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in views:
        table.add_column(f"{NAMES[name]}\n{name}", justify="right", no_wrap=True)
    for stage, count in counted(views["whole"]["stages"]).items():
        if count:
            table.add_row(stage, *(_cell(view["stages"], stage) for view in views.values()))
    sees = (f"[bold]{one['sees']:,}[/bold]{' ' * 8}" for one in views.values())
    table.add_row("[bold]sees[/bold]", *sees)
    console.print("\nOne funnel, asked for by three people (count, amount in 1,000 yuan)")
    console.print(table)


def _cell(stages: list[Mapping[str, Any]], stage: str) -> str:
    """Yuan only: the demo has no other currency."""
    amount = amounts(stages).get((stage, "CNY"), 0)
    return f"{counted(stages)[stage]:,} {amount / THOUSAND:>7,.0f}"


def show_sight(console: Console, sight: Mapping[str, Any]) -> None:
    """Who sees one opportunity, and what was done to it."""
    access = sight["access"]
    console.print(f"\nWho sees the opportunity “{sight['name']}”, and why")
    for one in access["everybody"]:
        console.print(f"  {' '.join(_reason(one))}")
    console.print(f"  everybody with {', '.join(access['everyone_with'])}")
    console.print("Its audit, oldest first")
    for entry in sight["audit"][:MOST]:
        by = entry["actor_name"] or entry["actor"] or "?"
        told = [_change(one) for one in entry["changes"] if not one["field"].endswith(DULL)]
        part = f" {entry['part']}" if entry["part"] else ""
        console.print(f"  {entry['at'][:19]} {entry['verb']}{part} by {by}: {', '.join(told)}")
    if len(sight["audit"]) > MOST:
        console.print(f"  and {len(sight['audit']) - MOST} more")


def _reason(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"{one['why']:<12}{one['access']:<6}"
    if one["person"]:
        yield str(one["person"]["name"])
    if one["department"]:
        yield f"heads {one['department']['name']}"
    if one["stands_in_for"]:
        yield f"for {one['stands_in_for']['name']}"


def _change(change: Mapping[str, Any]) -> str:
    if change["from"] is None:
        return f"{change['field']} {_value(change['to'])}"
    return f"{change['field']} {_value(change['from'])} → {_value(change['to'])}"


def _value(value: Any) -> str:
    if isinstance(value, dict) and "amount" in value:
        return f"{value['amount']} {value['currency']}"
    return "·" if value is None else str(value)


def show_day(console: Console, day: Mapping[str, Any]) -> None:
    """What the imported seller finds after the manager gave them a lead."""
    console.print(
        f"\nThe day of {day['of']} after {day['by']} gave them a lead: "
        f"{day['unread']} unread of {day['notifications']} notifications, "
        f"{day['open_tasks']} open tasks"
    )
    console.print(f"  told: {day['told']}")
    console.print(f"  to do: {day['task']}")
