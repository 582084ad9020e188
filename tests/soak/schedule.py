"""The faults of a run, drawn from a seed: the same seed gives the same schedule."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

QUIET_SECONDS = 2.0  # before the first fault
KILL_PAUSE = (0.5, 1.2)
FREEZE_SECONDS = (5.0, 20.0)
SECONDS_PER_FREEZE = 20.0
# While Kafka is frozen, a relay is killed that waits for acknowledgments: it sends again.
PAUSE_SECONDS = (1.0, 3.0)
SECONDS_PER_PAUSE = 10.0
STALL_SECONDS = (0.5, 2.0)
SECONDS_PER_STALL = 2.5
# A stalled table, and the part of the service that is killed while it waits to write there. A
# request that waits to store its answer has published already: others commit later events before.
# A consumer that waits to write its counts has done everything else, and committed nothing.
STALLED_TABLES = (
    ("outbox", "api"),
    ("outbox", "consumer"),
    ("idempotency_keys", "api"),
    ("idempotency_keys", "api"),
    ("consumer_counts", "consumer"),
    ("consumer_counts", "consumer"),
)


class FaultKind(StrEnum):
    """KILL: -9. FREEZE: -STOP, later -CONT. STALL: a table refuses writes for a moment."""

    KILL = "kill"
    FREEZE = "freeze"
    STALL = "stall"
    STOP_POSTGRES = "stop-postgres"
    KILL_KAFKA = "kill-kafka"


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: when it begins, what it hits, and how long it lasts.

    A stall names a service and a table, as in `rms.outbox`; `killed` names the part of a service
    whose processes are killed at the end of a stall or freeze, or is empty.
    """

    at: float
    kind: FaultKind
    target: str
    seconds: float = 0.0
    killed: str = ""

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        killing = f", kill {self.killed}" if self.killed else ""
        return f"{self.at:6.1f} s  {self.kind} {self.target}{lasting}{killing}"


def draw_schedule(
    seed: int, seconds: float, processes: Sequence[str], services: Sequence[str]
) -> list[Fault]:
    """Return the faults of a run in the order of their times."""
    random = Random(seed)
    faults = [
        Fault(seconds * random.uniform(*share), kind, kind.value.split("-")[1])
        for kind, share in (
            (FaultKind.STOP_POSTGRES, (0.25, 0.4)),
            (FaultKind.KILL_KAFKA, (0.45, 0.55)),
            (FaultKind.STOP_POSTGRES, (0.65, 0.8)),
        )
    ]
    at = QUIET_SECONDS
    while at < seconds:
        faults.append(Fault(at, FaultKind.KILL, random.choice(processes)))
        at += random.uniform(*KILL_PAUSE)
    for _ in range(max(1, round(seconds / SECONDS_PER_FREEZE))):
        begin = random.uniform(QUIET_SECONDS, seconds * 0.9)
        lasting = random.uniform(*FREEZE_SECONDS)
        faults.append(Fault(begin, FaultKind.FREEZE, random.choice(processes), lasting))
    pauses = max(2, round(seconds / SECONDS_PER_PAUSE))
    faults += [_pause_of_kafka(random, seconds, services) for _ in range(pauses)]
    stalls = max(2, round(seconds / SECONDS_PER_STALL))
    faults += [_stall(random, seconds, services) for _ in range(stalls)]
    return sorted(faults)


def _pause_of_kafka(random: Random, seconds: float, services: Sequence[str]) -> Fault:
    begin, lasting = random.uniform(QUIET_SECONDS, seconds), random.uniform(*PAUSE_SECONDS)
    killed = f"{random.choice(services)}-relay"
    return Fault(begin, FaultKind.FREEZE, "kafka", lasting, killed)


def _stall(random: Random, seconds: float, services: Sequence[str]) -> Fault:
    service, (table, part) = random.choice(services), random.choice(STALLED_TABLES)
    begin, lasting = random.uniform(QUIET_SECONDS, seconds), random.uniform(*STALL_SECONDS)
    killed = f"{service}-{part}" if part == "consumer" or random.random() < 0.5 else ""
    return Fault(begin, FaultKind.STALL, f"{service}.{table}", lasting, killed)
