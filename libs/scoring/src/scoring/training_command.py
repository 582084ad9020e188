"""`python -m scoring.training_command`: trains a model from the JSON on its standard input.

It is the process that loads scikit-learn; `training_process` starts it and reads its answer. The
answer is the model with its card, or the `problem` for which none could be trained.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kernel.errors import RuleBroken
from scoring.example_json import example_from_json
from scoring.leakage import LeakageRules
from scoring.trained import TrainedModel
from scoring.training import TrainingSettings, train


def trained(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model, the card and the profile as JSON values, or the problem."""
    rules = LeakageRules(
        written_later=dict(request["written_later"]), confirmed=frozenset(request["confirmed"])
    )
    settings = TrainingSettings(version=request["version"], leakage=rules)
    try:
        found = train([example_from_json(one) for one in request["examples"]], settings)
    except RuleBroken as problem:
        return {"problem": {"code": problem.code, "params": problem.params}}
    return {
        "document": TrainedModel(found.model).to_json(),
        "card": found.card.to_json(),
        "profile": [asdict(one) for one in found.profile],
    }


if __name__ == "__main__":
    json.dump(trained(json.load(sys.stdin)), sys.stdout, default=str)
