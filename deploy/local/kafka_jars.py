"""Java and Kafka's jars. Maven downloads the jars once, for all checkouts."""

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
    """This machine cannot run a broker; the message gives the reason and the remedy."""


def version() -> str:
    match = re.search(r"<kafka.version>(.+?)</kafka.version>", POM.read_text())
    assert match
    return match[1]


def java() -> str:
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else None
    program = program or shutil.which("java")
    if program is None:
        raise NoKafka("Java is not installed: install a Java runtime, 17 or newer, and Maven")
    answer = subprocess.run([program, "-version"], capture_output=True, text=True)
    major = java_major(answer.stderr + answer.stdout)
    if major < OLDEST_JAVA:
        raise NoKafka(f"Java {major or 'here'} cannot be used: install a Java runtime, 17 or newer")
    return program


def java_major(output: str) -> int:
    """Return the major version that `java -version` prints; 0 if there is none."""
    match = re.search(r'version "(\d+)', output)
    return int(match[1]) if match else 0


def jars(place: Place) -> Path:
    """Return the folder of the jars; the first use downloads them, which may take a minute."""
    for cache in _caches(place):
        if cache.is_dir():
            return cache
    cache = next(folder for folder in _caches(place) if _writable(folder.parent))
    if shutil.which("mvn") is None:
        raise NoKafka("Maven, which downloads Kafka's jars, is not installed: install Maven")
    _fetch(cache)
    return cache


def fetched(place: Place) -> bool:
    return any(cache.is_dir() for cache in _caches(place))


def _caches(place: Place) -> list[Path]:
    """Return the shared cache in the home folder, then the checkout's own."""
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
    """Download the jars to a folder beside the cache and rename it, so that it is complete."""
    print(f"  downloading Kafka {version()} with Maven into {cache} (only once)", file=sys.stderr)
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
        completed = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LONGEST_FETCH
        )
    except subprocess.TimeoutExpired:
        raise NoKafka("Maven could not download Kafka's jars within ten minutes") from None
    if completed.returncode != 0:
        raise NoKafka(
            f"Maven could not download Kafka's jars; it says: {_reason(completed.stdout)}"
        )


def _home_of_java() -> Path:
    """Return the home folder that Java uses: from the user database, not $HOME."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/nonexistent")


def _reason(output: str) -> str:
    first = output.partition("[ERROR] ")[2].partition("\n")[0]
    return first[:300] or "(no output)"
