"""Prints the part of the report about people: funnels, record access, notifications, tasks."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.funnels import amounts, counted
from deploy.demo.source import MANAGER, SELLER

NAMES = {"seller": SELLER, "manager": MANAGER, "director": "赵敏", "whole": "all records"}
THOUSAND = 1_000
MAX_ENTRIES = 6
OMITTED_SUFFIXES = ("id", "_at")  # the API and .local/demo.json have these fields


def show_funnels(console: Console, result: Mapping[str, Any]) -> None:
    """Print a column for each person with the count and amount of each stage that is not empty."""
    views = result["funnels"]["people"]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in views:
        table.add_column(f"{NAMES[name]}\n{name}", justify="right", no_wrap=True)
    for stage, count in counted(views["whole"]["stages"]).items():
        if count:
            table.add_row(stage, *(_cell(view["stages"], stage) for view in views.values()))
    sees = (f"[bold]{view['sees']:,}[/bold]{' ' * 8}" for view in views.values())
    table.add_row("[bold]sees[/bold]", *sees)
    console.print("\nThe same funnel as three people see it (count, amount in 1,000 yuan)")
    console.print(table)


def _cell(stages: list[Mapping[str, Any]], stage: str) -> str:
    """Return count and amount of a stage, in yuan: the demo has no other currency."""
    amount = amounts(stages).get((stage, "CNY"), 0)
    return f"{counted(stages)[stage]:,} {amount / THOUSAND:>7,.0f}"


def show_explained_record(console: Console, record: Mapping[str, Any]) -> None:
    """Print who sees an opportunity and why, and its audit trail."""
    access = record["access"]
    console.print(f"\nWho sees the opportunity “{record['name']}”, and why")
    for viewer in access["everybody"]:
        console.print(f"  {' '.join(_reason(viewer))}")
    console.print(f"  everyone with the scope {' or '.join(access['everyone_with'])}")
    console.print("Its audit trail, oldest first")
    for entry in record["audit"][:MAX_ENTRIES]:
        by = entry["actor_name"] or entry["actor"] or "?"
        changes = [
            _change(change)
            for change in entry["changes"]
            if not change["field"].endswith(OMITTED_SUFFIXES)
        ]
        part = f" {entry['part']}" if entry["part"] else ""
        console.print(f"  {entry['at'][:19]} {entry['verb']}{part} by {by}: {', '.join(changes)}")
    if len(record["audit"]) > MAX_ENTRIES:
        console.print(f"  and {len(record['audit']) - MAX_ENTRIES} more")


def _reason(viewer: Mapping[str, Any]) -> Iterator[str]:
    yield f"{viewer['why']:<12}{viewer['access']:<6}"
    if viewer["person"]:
        yield str(viewer["person"]["name"])
    if viewer["department"]:
        yield f"heads {viewer['department']['name']}"
    if viewer["stands_in_for"]:
        yield f"for {viewer['stands_in_for']['name']}"


def _change(change: Mapping[str, Any]) -> str:
    if change["from"] is None:
        return f"{change['field']} {_value(change['to'])}"
    return f"{change['field']} {_value(change['from'])} → {_value(change['to'])}"


def _value(value: Any) -> str:
    if isinstance(value, dict) and "amount" in value:
        return f"{value['amount']} {value['currency']}"
    return "·" if value is None else str(value)


def show_day(console: Console, day: Mapping[str, Any]) -> None:
    """Print the notifications and tasks of the seller after the manager transferred a lead."""
    console.print(
        f"\nAfter {day['by']} transferred a lead to {day['of']}: "
        f"{day['unread']} unread of {day['notifications']} notifications, "
        f"{day['open_tasks']} open tasks"
    )
    console.print(f"  Notification: {day['notification']}")
    console.print(f"  Task: {day['task']}")
