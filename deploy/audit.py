"""Checks the locked packages: their licences, and known vulnerabilities where a service answers.

`make check` runs it. What cannot be audited is said, and does not fail.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
PATIENCE = 300  # seconds for all packages

# SPDX identifiers that go with Apache-2.0 in a program that is passed on; MPL-2.0 asks for changed
# files of the package only, and none is changed; LGPL that a package can be replaced, and all are
# installed beside the project (decision 35).
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC"),
        *("LGPL-2.1-or-later", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
    }
)
# How older packages write them: in `License`, or as a classifier.
SPELLINGS = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD-3-Clause",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.1-or-later",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
# Packages of other systems only, which are locked but not installed here.
ELSEWHERE = {"colorama": "BSD-3-Clause"}


def main() -> int:
    """Print the findings; returns 1 for a refused licence or a known vulnerability."""
    pins: dict[str, str] = dict(PINNED.findall(LOCK.read_text()))
    refused = refused_licences({name: licences(name) for name in pins})
    for sentence in refused:
        print(sentence)
    if not refused:
        print(f"Licences: the {len(pins)} locked packages have allowed ones.")
    vulnerable = _audit(pins)
    return 1 if refused or vulnerable else 0


def refused_licences(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each package with a licence that is unknown or not in the list."""
    return [
        f"Licences: {name} has {' and '.join(names) or 'none that is declared'}, which"
        " deploy/audit.py does not allow."
        for name, names in sorted(found.items())
        if not names or not ALLOWED.issuperset(names)
    ]


def licences(name: str) -> list[str]:
    """Return the SPDX identifiers of an installed package; all that are named, be it a choice."""
    if name in ELSEWHERE:
        return [ELSEWHERE[name]]
    try:
        return licences_of(metadata(name))
    except PackageNotFoundError:
        return []


def licences_of(package: PackageMetadata) -> list[str]:
    """Read the expression (PEP 639), else the short text, else the classifiers."""
    first = {name: package.get_all(name) or [""] for name in ("License-Expression", "License")}
    if expression := first["License-Expression"][0]:
        names = re.split(r"[\s()]+(?:AND|OR|WITH)?[\s()]*", expression)
        return sorted({one for one in names if one and one not in ("AND", "OR")})
    stated = first["License"][0].strip()
    if (name := SPELLINGS.get(stated.lower(), stated)) in ALLOWED:
        return [name]
    classifiers = package.get_all("Classifier") or []
    ends = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return sorted({SPELLINGS.get(end.lower(), end) for end in ends})


def _audit(pins: Mapping[str, str]) -> bool:
    """Ask for one package whether the service answers, then for all; print what is known."""
    probe = dict([next(iter(pins.items()))])
    if (answered := _ask(probe)) is None or not _audited(answered):
        print("Vulnerabilities: nothing was audited, because the service does not answer here.")
        return False
    report = _ask(pins)
    if report is None:
        print("Vulnerabilities: nothing was audited, because the service stopped answering.")
        return False
    findings = vulnerabilities(report)
    for sentence in findings:
        print(sentence)
    left = len(pins) - len(_audited(report))
    print(
        f"Vulnerabilities: {len(_audited(report))} packages were audited, {left} were not;"
        f" {len(findings)} findings."
    )
    return bool(findings)


def vulnerabilities(report: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each known vulnerability."""
    return [
        f"Vulnerabilities: {package['name']} {package['version']} has {one['id']}, mended in"
        f" {', '.join(one['fix_versions']) or 'no version yet'}."
        for package in _audited(report)
        for one in package["vulns"]
    ]


def _audited(report: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [package for package in report if "skip_reason" not in package]


def _ask(pins: Mapping[str, str]) -> list[Mapping[str, Any]] | None:
    """Return what pip-audit says about these versions; None without an answer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
        command = ["pip-audit", "-r", str(file), "--disable-pip", "--no-deps", "--timeout", "5"]
        try:
            completed = subprocess.run(
                [Path(sys.executable).with_name(command[0]), *command[1:], "-f", "json"],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            report: list[Mapping[str, Any]] = json.loads(completed.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError):
            return None
        return report


if __name__ == "__main__":
    sys.exit(main())
