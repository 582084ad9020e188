"""Keeps the evaluators of published rules, which many records share, between requests."""

from functools import lru_cache
from typing import Final

import orjson

from chassis.foundation.canonical_json import canonical_json
from rules.evaluation import Evaluator
from rules.fields import FactSchema
from rules.rule_set_json import OutcomeCheck, parse_rule_set
from rules.versions import Content

MAX_KEPT: Final = 1_024  # rule sets of all tenants of a process; a large one takes some 100 KB


def evaluator_of(
    schema: FactSchema, content: Content, check_outcome: OutcomeCheck | None = None
) -> Evaluator:
    """Return the evaluator of a published rule set, which is read once for equal content.

    Its `rule_set` is what was read. Raises Invalid as `parse_rule_set` does.
    """
    return _kept(schema, canonical_json(content), check_outcome)


@lru_cache(maxsize=MAX_KEPT)
def _kept(schema: FactSchema, content: bytes, check_outcome: OutcomeCheck | None) -> Evaluator:
    return Evaluator(parse_rule_set(schema, orjson.loads(content), check_outcome))
