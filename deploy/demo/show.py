"""The report and the closing screen, for a person to read."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.state import State


def show(
    console: Console, result: Mapping[str, Any], running: State, logins: Mapping[str, Any]
) -> None:
    """Print the report, then what runs where and how to go on."""
    _work(console, result)
    _stages(console, result["stages"])
    _money(console, result["money"])
    _events(console, result["events"])
    _where(console, running, logins)


def _work(console: Console, result: Mapping[str, Any]) -> None:
    job, latency = result["import"], result["conversion_ms"]
    counts = job["counts"]
    reasons = ", ".join(f"{n} {code}" for code, n in job["refused_by_reason"].items()) or "none"
    console.rule("Report")
    console.print(
        f"Import: {counts['total']} rows, {counts['accepted']} accepted, "
        f"{counts['refused']} refused ({reasons})"
    )
    if latency["p50"] is None:
        console.print("Conversion: nothing left to convert; the first run did it")
    else:
        console.print(
            f"Conversion until visible in L2O: {latency['converted_now']} leads, "
            f"p50 {latency['p50']} ms, p99 {latency['p99']} ms"
        )
    console.print(f"All of it took {result['seconds']} s")


def _stages(console: Console, stages: Mapping[str, Mapping[str, int]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for name, counts in stages.items():
        said = ", ".join(f"{state} {n}" for state, n in counts.items()) or "none"
        table.add_row(name, said)
    console.print("\nWhere everything stands")
    console.print(table, "")


def _money(console: Console, rows: list[Mapping[str, Any]]) -> None:
    for row in rows:
        sums = {name: v["amount"] for name, v in row.items() if isinstance(v, dict)}
        console.print(
            f"{row['currency']}: orders {sums['confirmed']} = receivables {sums['owed']}"
            f" + not yet shipped {sums['unshipped']}  "
            f"{_verdict(row['orders_equal_receivables_plus_not_yet_shipped'])}"
        )
        console.print(
            f"{row['currency']}: payments {sums['paid']} = allocated {sums['booked']}"
            f" + unallocated {sums['unallocated']}  "
            f"{_verdict(row['payments_equal_allocated_plus_unallocated'])}"
        )
        console.print(
            f"{row['currency']}: payments, allocations and receivables agree on what is allocated  "
            f"{_verdict(row['allocated_is_the_same_everywhere'])}"
        )


def _verdict(holds: bool) -> str:  # noqa: FBT001  # a verdict is a yes or no
    return "[green]holds[/green]" if holds else "[red]DOES NOT HOLD[/red]"


def _events(console: Console, rows: list[Mapping[str, Any]]) -> None:
    names = ["published", "applied", "skipped", "ignored", "parked"]
    console.print("\nEvents: published = applied + skipped + ignored + parked")
    if any(row["duplicates"] for row in rows):  # delivered again, and dropped
        names.append("duplicates")
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("subscriber", no_wrap=True)
    table.add_column("topic", no_wrap=True)
    for name in (*names, ""):
        table.add_column(name, justify="right")
    for row in rows:
        counts = [str(row[name]) for name in names]
        verdict = "[green]=[/green]" if row["equal"] else "[red]≠[/red]"
        table.add_row(row["subscription"], row["topic"], *counts, verdict)
    console.print(table)


def _where(console: Console, running: State, logins: Mapping[str, Any]) -> None:
    console.rule("It keeps running")
    for service, url in running.urls.items():
        console.print(f"  {service}: {url}/{service}/v1/docs")
    console.print(f"  PostgreSQL {running.postgres}, Kafka {running.kafka or 'none: the courier'}")
    for role, login in logins.items():
        who = login.get("username") or login.get("client_id")
        secret = login.get("password") or login.get("client_secret")
        console.print(f"  {role:<8} {who} / {secret}")
    console.print("  report: .local/demo.json   stop: make down   state: make status")
