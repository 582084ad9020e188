"""All checks of a run by their names: those of the machine, then those of the stages."""

from collections.abc import Sequence

from tests.soak.checks import delivery, records, replicas
from tests.soak.evidence import Evidence
from tests.soak.stage import Invariant, Stage, Violations

CHECKS: dict[str, Invariant] = {
    "every walk was answered": records.walks_were_answered,
    "answers come after the commit": records.answers_come_after_the_commit,
    "answers are kept": records.answers_are_kept,
    "every event is on its topic": delivery.every_event_is_on_its_topic,
    "versions are gapless": delivery.versions_are_gapless,
    "topics are in order": delivery.topics_are_in_order,
    "effects are exactly once": delivery.effects_are_exactly_once,
    "replicas equal their sources": replicas.replicas_equal_their_sources,
    "nothing is stuck": records.nothing_is_stuck,
    "nothing is parked": records.nothing_is_parked,
    "numbers are gapless": records.numbers_are_gapless,
}


async def check_all(evidence: Evidence, stages: Sequence[Stage]) -> dict[str, Violations]:
    """Return what every check found; an empty list is a check that holds."""
    checks = dict(CHECKS)
    for stage in stages:
        checks |= {f"{stage.name}: {name}": one for name, one in stage.invariants.items()}
    return {name: list(await check(evidence)) for name, check in checks.items()}
