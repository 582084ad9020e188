"""The licences of the locked packages, and what is said where nothing can be audited."""

from email.message import Message
from typing import Any, cast

import pytest

from deploy import audit
from deploy.audit import licences_of, refused_licences, vulnerabilities

PINS = {"alpha": "1.0", "beta": "2.0"}
CLEAN = [{"name": "alpha", "version": "1.0", "vulns": []}]
SKIPPED = [{"name": "alpha", "skip_reason": "Dependency not found"}]
FOUND: list[dict[str, Any]] = [
    {
        "name": "beta",
        "version": "2.0",
        "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"]}, {"id": "X-2", "fix_versions": []}],
    }
]


def package(**fields: str) -> Any:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return cast(Any, message)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"License_Expression": "MIT"}, ["MIT"]),
        (
            {"License_Expression": "MPL-2.0 AND (Apache-2.0 OR MIT)"},
            ["Apache-2.0", "MIT", "MPL-2.0"],
        ),
        ({"License": "Apache 2.0"}, ["Apache-2.0"]),
        (
            {"License": "Dual License", "Classifier": "License :: OSI Approved :: BSD License"},
            ["BSD-3-Clause"],
        ),
        ({"License": "GPL-3.0-only"}, []),
        ({"Classifier": "License :: OSI Approved :: GNU Affero General"}, ["GNU Affero General"]),
    ],
)
def test_licences_are_read_in_all_their_spellings(fields: dict[str, str], names: list[str]) -> None:
    assert licences_of(package(**fields)) == names


def test_licences_that_are_unknown_or_not_allowed_are_refused() -> None:
    found = {"alpha": ["MIT", "MPL-2.0"], "beta": ["AGPL-3.0-only"], "gamma": []}
    assert refused_licences(found) == [
        "Licences: beta has AGPL-3.0-only, which deploy/audit.py does not allow.",
        "Licences: gamma has none that is declared, which deploy/audit.py does not allow.",
    ]


def test_vulnerabilities_are_named_with_their_mend() -> None:
    assert vulnerabilities([*CLEAN, *FOUND, *SKIPPED]) == [
        "Vulnerabilities: beta 2.0 has CVE-2026-1, mended in 2.1.",
        "Vulnerabilities: beta 2.0 has X-2, mended in no version yet.",
    ]


@pytest.mark.parametrize("answer", [None, SKIPPED])
def test_where_the_service_does_not_answer_it_is_said_that_nothing_was_audited(
    answer: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_ask", lambda pins: answer)
    assert audit._audit(PINS) is False
    assert "nothing was audited" in capsys.readouterr().out


def test_a_known_vulnerability_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_ask", lambda pins: CLEAN if len(pins) == 1 else CLEAN + FOUND)
    assert audit._audit(PINS) is True
    assert "2 packages were audited, 0 were not; 2 findings." in capsys.readouterr().out
