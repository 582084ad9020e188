"""The lock of the image holds every run-time dependency, at the version of the whole lock."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def pins(path: str) -> dict[str, str]:
    return dict(PINNED.findall((ROOT / path).read_text()))


def test_the_image_gets_every_run_time_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[\[>=]", each)[0] for each in project["dependencies"]}
    in_image = pins("deploy/docker/requirements.lock")
    assert needed - in_image.keys() == set(), "run `make lock`"


def test_the_image_runs_what_the_tests_ran() -> None:
    in_image, whole = pins("deploy/docker/requirements.lock"), pins("requirements.lock")
    assert in_image.items() <= whole.items(), "run `make lock`"
