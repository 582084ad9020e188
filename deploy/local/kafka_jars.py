"""Finds Java, and Kafka's jars: Maven downloads them once into a cache that all checkouts share."""

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.places import Place

POM = Path(__file__).parent / "kafka" / "pom.xml"
OLDEST_JAVA = 17
LONGEST_FETCH = 600.0  # seconds


class NoKafka(Exception):
    """This machine cannot run a broker; the message says why, and the remedy."""


def version() -> str:
    """The Kafka version that pom.xml names."""
    found = re.search(r"<kafka.version>(.+?)</kafka.version>", POM.read_text())
    assert found
    return found[1]


def java() -> str:
    """The path of a Java runtime. Raises NoKafka when it is missing or too old."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if found is None:
        raise NoKafka("Java is not installed: install a Java runtime, 17 or newer, and Maven")
    answer = subprocess.run([found, "-version"], capture_output=True, text=True)
    major = java_major(answer.stderr + answer.stdout)
    if major < OLDEST_JAVA:
        raise NoKafka(
            f"The Java version is {major or 'unusable'}: install a Java runtime, 17 or newer"
        )
    return found


def java_major(output: str) -> int:
    """The major version in the output of `java -version`; 0 when there is none."""
    found = re.search(r'version "(\d+)', output)
    return int(found[1]) if found else 0


def jars(place: Place) -> Path:
    """The folder of the jars. The first call downloads them, which may take a minute.

    Raises NoKafka when Maven is missing or fails.
    """
    for cache in _caches(place):
        if cache.is_dir():
            return cache
    cache = next(folder for folder in _caches(place) if _writable(folder.parent))
    if shutil.which("mvn") is None:
        raise NoKafka("Maven, which downloads Kafka's jars, is not installed: install Maven")
    _fetch(cache)
    return cache


def fetched(place: Place) -> bool:
    """Whether the jars were downloaded before."""
    return any(cache.is_dir() for cache in _caches(place))


def _caches(place: Place) -> list[Path]:
    """Where the jars may be: in the cache of the user's home, or in the checkout."""
    name = f"kafka-{version()}"
    home = os.environ.get("XDG_CACHE_HOME") or f"{os.environ.get('HOME', '/nonexistent')}/.cache"
    return [Path(home) / "l2c" / name, place.local / "jars" / name]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _fetch(cache: Path) -> None:
    """Download into another folder, then rename: no process ever sees an incomplete set."""
    print(f"  downloading Kafka {version()} by Maven, once, into {cache}", file=sys.stderr)
    part = cache.with_name(f"{cache.name}.part-{os.getpid()}")
    command = ["mvn", "-B", "-q", "-ntp", "-f", str(POM), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={part / 'jars'}", "-DincludeScope=runtime"]
    if not _writable(_home_of_java() / ".m2"):
        command.append(f"-Dmaven.repo.local={part / 'm2'}")
    try:
        _maven(command)
        if not cache.is_dir():  # another checkout may have been faster
            (part / "jars").rename(cache)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _maven(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LONGEST_FETCH
        )
    except subprocess.TimeoutExpired:
        raise NoKafka("Maven could not download Kafka's jars within ten minutes") from None
    if done.returncode != 0:
        raise NoKafka(f"Maven could not download Kafka's jars: {_reason(done.stdout)}")


def _home_of_java() -> Path:
    """The home folder as Java finds it: in the user database, not in $HOME."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/nonexistent")


def _reason(output: str) -> str:
    first = output.partition("[ERROR] ")[2].partition("\n")[0]
    return first[:300] or "no output"
