"""What can be said about image and compose without an engine that builds them."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.scratch import copy_tree

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def section(name: str) -> str:
    """Return the lines of one service of docker-compose."""
    [found] = re.findall(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    return str(found)


def port_of(text: str, pattern: str) -> str:
    [port] = re.findall(pattern, text)
    return str(port)


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    [user] = re.findall(r"^USER (\S+)$", LAST_STAGE, re.MULTILINE)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert LAST_STAGE.index("USER ") < LAST_STAGE.index("ENTRYPOINT ")


def test_health_is_asked_at_the_operators_port() -> None:
    of_image = port_of(LAST_STAGE, r"HEALTHCHECK [^\[]*\[.*127\.0\.0\.1:(\d+)/livez")
    assert of_image == port_of(section("api"), r"--operators-port (\d+)")
    of_workers = port_of(section("workers"), r"127\.0\.0\.1:(\d+)/livez")
    assert of_workers == port_of(section("workers"), r"command: worker .*--port (\d+)")


def test_no_tool_of_development_is_in_the_image() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    tools = {re.split(r"[\[>=]", each)[0] for each in groups["dev"]}
    in_image = set(
        re.findall(
            r"^([a-z0-9-]+)(?:\[\S+\])?==",
            (ROOT / "deploy/docker/requirements.lock").read_text(),
            re.MULTILINE,
        )
    )
    assert {"mypy", "pytest", "ruff", "uv", "pip-audit"} <= tools
    assert tools & in_image == set()
    assert re.findall(r"COPY --from=build (\S+)", LAST_STAGE) == ["/venv", "/l2c"]


@pytest.mark.parametrize("left_out", ["**/tests", "libs/testkit", "**/__pycache__"])
def test_the_builder_gets_no_tests(left_out: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert left_out in lines


@pytest.mark.parametrize(("service", "others"), [("mtl", False), ("all", True)])
def test_the_image_is_assembled_from_what_the_builder_gets(
    tmp_path: Path, service: str, others: bool
) -> None:
    """Run the script of the image in a copy of what `.dockerignore` lets through."""
    tree = copy_tree(tmp_path / "l2c")
    for left_out in (tree / "libs/testkit", *tree.glob("*/*/tests"), *tree.glob("*/*/*/tests")):
        shutil.rmtree(left_out, ignore_errors=True)
    script = re.findall(r"^ARG SERVICE=all\nRUN ((?:.*\\\n)*.*)\n", DOCKERFILE, re.MULTILINE)[0]
    script = script.replace("/l2c/$source", f"{tree}/$source")
    script = re.sub(r'> "\$\(/venv[^\n]*', "> paths", script)
    environment = {**os.environ, "SERVICE": service}
    subprocess.run(["sh", "-ec", script], cwd=tree, env=environment, check=True)
    paths = [Path(line) for line in (tree / "paths").read_text().splitlines()]
    assert all(path.is_dir() for path in paths)
    assert tree / "services/mtl/src" in paths
    assert (tree / "services/l2o/src" in paths) is others


def test_what_a_broker_and_a_database_hold_outlives_their_containers() -> None:
    for service, folder in (
        ("postgres", "/var/lib/postgresql/data"),
        ("kafka", "/var/lib/kafka/data"),
    ):
        assert f"{service}:{folder}" in section(service)
        assert re.search(rf"^volumes: .*\b{service}: {{}}", COMPOSE, re.MULTILINE)
    assert "KAFKA_LOG_DIRS: /var/lib/kafka/data\n" in section("kafka")


def test_the_database_of_compose_sorts_by_code_points() -> None:
    assert "--locale=C.UTF-8" in section("postgres")
