"""Prints the part of the report from market to lead."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from deploy.demo.leads_file import LEFT_OUT
from deploy.demo.show_tables import plain

GRADES = ("A", "B", "C", "D")


def show_market(console: Console, stage: Mapping[str, Any]) -> None:
    """Print how leads came in, how well they were graded, and what became of them."""
    console.print("\n[bold]From market to lead[/bold]")
    _imports(console, stage)
    _capture(console, stage["capture"])
    _model(console, stage["model"], stage["grading"])
    _distribution(console, stage["distribution"])
    _work(console, stage)
    _recycling(console, stage)
    _figures(console, stage["metrics"]["charts"])


def _imports(console: Console, stage: Mapping[str, Any]) -> None:
    for run in stage["imports"]:
        counts = run["counts"]
        console.print(
            f"Imported {run['file_name']}: {counts['total']:,} rows, {counts['accepted']:,} "
            f"accepted, {counts['refused']:,} refused"
        )
    latency = stage["conversion_ms"]
    if latency["p50"] is not None:
        console.print(
            f"Conversion until visible in L2O: {latency['converted_now']} leads, "
            f"p50 {latency['p50']} ms, p99 {latency['p99']} ms"
        )


def _capture(console: Console, captured: Mapping[str, Any]) -> None:
    outcomes = ", ".join(f"{name} {count}" for name, count in captured["outcomes"].items())
    console.print(
        f"Captured through the website's channel: {captured['sent']} sent, {captured['new']} new, "
        f"{captured['sent_again']} known by their event id; {captured['approved']} approved by hand"
    )
    console.print(f"  {outcomes}")


def _model(console: Console, model: Mapping[str, Any], graded: Mapping[str, Any]) -> None:
    console.print(
        f"Model {model['number']} ({model['method']}) learned from {model['converted']} converted "
        f"and {model['lost']} lost leads as they were captured:"
    )
    console.print(
        f"  AUC {float(model['auc']):.3f}, Brier {float(model['brier']):.3f} on the "
        f"{model['tested']} latest of them; "
        f"AUC [bold]{graded['auc_captured']}[/bold] on the captured leads and "
        f"{graded['auc_unseen']} on all {sum(row['leads'] for row in graded['unseen']):,} "
        "that it had not seen"
    )
    console.print(f"  Left out, because it is written after the outcome: {LEFT_OUT}")
    table = plain("grade", "captured", "converted later", "all unseen", "converted later")
    by_grade = {row["grade"]: row for row in graded["captured"]}
    for row in graded["unseen"]:
        own = by_grade.get(row["grade"], {"leads": 0, "share": 0})
        cells = [f"{own['leads']:,}", f"{own['share']:.0%}", f"{row['leads']:,}"]
        table.add_row(row["grade"], *cells, f"{row['share']:.0%}")
    console.print(table)


def _distribution(console: Console, given: Mapping[str, Mapping[str, int]]) -> None:
    console.print("Given out by the rules: A and B by turn, C to the least loaded, D to the pool")
    table = plain("owner", *GRADES)
    for owner, grades in given.items():
        table.add_row(owner, *(f"{grades.get(grade, 0):,}" for grade in GRADES))
    console.print(table)


def _work(console: Console, stage: Mapping[str, Any]) -> None:
    done = stage["work"]
    if done["calls"]:
        accepted = done["calls"] - done["refused"]
        console.print(
            f"Worked: {done['calls']} handed over and called, {accepted} accepted, "
            f"{done['refused']} refused, {done['converted']} converted"
        )


def _recycling(console: Console, stage: Mapping[str, Any]) -> None:
    done, clock = stage["recycling"], stage["clock"]
    if done["due"]:
        console.print(
            f"Recycled: {done['recycled']} of {done['due']} leads that {done['former_owner']} had "
            f"called nobody about for four days (their clocks were put back) fell into the pool; "
            f"{done['claimed']} of the best were claimed from it"
        )
        for entry in reversed(done["timeline"]):
            console.print(f"  {entry['at'][:19]} {entry['title']}")
    if clock is not None:
        console.print(f"  The clock of a lead that is worked on: {_clock(clock)}")


def _clock(clock: Mapping[str, Any]) -> str:
    if clock["falls_back_at"] is None:
        return str(clock["state_text"])
    return (
        f"falls back on {clock['falls_back_at'][:10]} ({clock['reason_text']}); the rule: "
        f"{clock['rule']['text']}"
    )


def _figures(console: Console, charts: Mapping[str, Any]) -> None:
    console.print(
        "Figures for charts (all in .local/demo.json under market.metrics; each row with the dates "
        "that list its leads)"
    )
    converted, hand_off = charts["conversion_by_grade"], charts["hand_off_by_owner"]["totals"]
    table = plain("grade", "leads", "accepted", "converted", "rate", "95 % from", "to")
    by_grade = sorted(converted["rows"], key=lambda row: row["grade"] or "E")
    for row in [*by_grade, {**converted["totals"], "grade_label": "all"}]:
        rate = row["conversion_rate"]
        bounds = [f"{float(rate[name]):.0%}" for name in ("rate", "low", "high")] if rate else []
        name = row["grade_label"] or "not graded"
        counts = (f"{row[one]:,}" for one in ("leads", "sql", "converted"))
        table.add_row(name, *counts, *bounds)
    console.print(table)
    needed = charts["needed"]["needed"] or charts["needed"]["state_label"]
    sources = {row["source"] for row in charts["new_by_source"]["rows"]}
    console.print(
        f"  Hand-overs: {hand_off['hand_overs']}, accepted {hand_off['accepted']}, refused "
        f"{hand_off['refused']}, late {hand_off['late']}.  New leads from {len(sources)} sources.  "
        f"Open: {charts['stock']['totals']['leads']:,}.  "
        f"Needed for 50 conversions: {needed}"
    )
