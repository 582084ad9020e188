"""Prints the report and the addresses of the running system."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.show_market import show_market
from deploy.demo.show_people import show_day, show_explained_record, show_funnels
from deploy.demo.show_tables import plain
from deploy.local.state import State


def show(
    console: Console, result: Mapping[str, Any], running: State, logins: Mapping[str, Any]
) -> None:
    """Print the report, then the addresses, the logins and the next commands."""
    console.rule("Report")
    _pipeline(console, result["pipeline"])
    show_market(console, result["market"])
    show_funnels(console, result)
    show_explained_record(console, result["explained_record"])
    show_day(console, result["day"])
    contract = result["contract"]
    console.print(
        f"A scanned contract ({contract['file_name']}, {contract['bytes']:,} bytes) is filed with"
        f" quote {contract['quote']}, and fetched by a signed link."
    )
    _approval(console, result["market"]["approval"])
    _stages(console, result["stages"])
    _money(console, result["money"])
    _events(console, result["events"])
    _checks(console, result["checks"])
    console.print(f"The demo took {result['seconds']} s")
    _where(console, running, logins)


def _approval(console: Console, approval: Mapping[str, Any]) -> None:
    """Print who approved the quote over its limit."""
    steps = ", then ".join(f"{step['by']} ({step['step']})" for step in approval["steps"])
    total = approval["gross_total"]
    console.print(
        f"Quote {approval['document_no']}, {total['amount']} {total['currency']} with a discount of"
        f" {approval['discount_rate']}: approved by {steps}; {approval['status'].lower()}"
    )


COLUMNS = {
    "rows": "total",
    "new": "created",
    "changed": "updated",
    "unchanged": "unchanged",
    "refused": "refused",
    "with warnings": "with_warnings",
}


def _pipeline(console: Console, pairs: Sequence[Mapping[str, Any]]) -> None:
    table = plain("imports", *COLUMNS)
    for pair in pairs:
        for label, run in (("", pair["first"]), (" again", pair["second"])):
            counts = [f"{run['counts'][name]:,}" for name in COLUMNS.values()]
            table.add_row(run["file_name"] + label, *counts)
    console.print(table)
    for pair in pairs:
        for what in ("refused", "warnings"):
            if reasons := _reasons(pair["first"][f"{what}_by_reason"]):
                console.print(f"  {pair['first']['file_name']}: {what} because of {reasons}")
    count = sum(pair["events_of_second"] for pair in pairs)
    console.print(f"  The second imports published {count} events.\n")


def _reasons(codes: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {n:,}" for code, n in codes.items())


def _stages(console: Console, stages: Mapping[str, Mapping[str, int]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for name, counts in stages.items():
        text = ", ".join(f"{state} {n}" for state, n in counts.items()) or "none"
        table.add_row(name, text)
    console.print("\nRecords by state")
    console.print(table, "")


def _money(console: Console, rows: list[Mapping[str, Any]]) -> None:
    for row in rows:
        sums = {name: v["amount"] for name, v in row.items() if isinstance(v, dict)}
        console.print(
            f"{row['currency']}: orders {sums['confirmed']} = receivables {sums['owed']}"
            f" + not yet shipped {sums['unshipped']} + cancelled {sums['cancelled']}  "
            f"{_verdict(row['orders_equal_receivables_plus_not_yet_shipped'])}"
        )
        console.print(
            f"{row['currency']}: payments {sums['paid']} = allocated {sums['booked']}"
            f" + unallocated {sums['unallocated']} + returned {sums['returned']}  "
            f"{_verdict(row['payments_equal_allocated_plus_unallocated'])}"
        )
        console.print(
            f"{row['currency']}: payments, allocations and receivables show the same allocated "
            "amount  "
            f"{_verdict(row['allocated_is_the_same_everywhere'])}"
        )


def _verdict(holds: bool) -> str:  # noqa: FBT001  # a verdict is a yes or no
    return "[green]holds[/green]" if holds else "[red]DOES NOT HOLD[/red]"


def _events(console: Console, rows: list[Mapping[str, Any]]) -> None:
    names = ["published", "applied", "skipped", "ignored", "parked"]
    console.print("\nEvents: sent = applied + skipped + ignored + parked")
    if any(row["duplicates"] for row in rows):  # delivered again, and dropped
        names.append("duplicates")
    table = plain("subscriber", "topic", "sent", *names[1:], "")
    table.columns[1].justify = "left"
    for row in rows:
        if not row["published"] and row["equal"]:
            continue
        counts = [str(row[name]) for name in names]
        verdict = "[green]=[/green]" if row["equal"] else "[red]≠[/red]"
        table.add_row(row["subscription"], row["topic"], *counts, verdict)
    console.print(table)
    silent = sum(not row["published"] and row["equal"] for row in rows)
    console.print(f"  and {silent} subscriptions to topics without events\n")


def _checks(console: Console, checks: Mapping[str, bool]) -> None:
    for name, holds in checks.items():
        console.print(f"{name.replace('_', ' ')}  {_verdict(holds)}")


def _where(console: Console, running: State, logins: Mapping[str, Any]) -> None:
    console.rule("The system keeps running")
    for service, url in running.urls.items():
        console.print(f"  {service}: {url}/{service}/v1/docs")
    kafka = running.kafka or "none: events are delivered inside the process"
    console.print(f"  PostgreSQL {running.postgres}, Kafka {kafka}")
    for role, login in logins.items():
        who = login.get("username") or login.get("client_id")
        secret = login.get("password") or login.get("client_secret")
        console.print(f"  {role:<16} {who} / {secret}")
    console.print("  Report: .local/demo.json   State: make status   Stop: make down")
