"""The samples of all resources, found beside the tests of the features."""

from importlib import import_module
from pathlib import Path

from chassis.composition.features import imports_of
from deploy.services import SERVICES
from testkit.samples import Sample, always

ROOT = Path(__file__).parents[2]


def samples() -> dict[str, Sample]:
    """Return the sample of each resource; imports are alike in every service."""
    found = {
        "testkit.card": Sample(
            body=always(title="Call them back"), patch={"title": "Write a letter"}
        )
    }
    for service in ("testkit", *SERVICES):
        if imports := imports_of(service):
            body = always(file_name="x.csv", resource=imports.targets[0].resource)
            found[f"{service}.import"] = Sample(body=body)
    for path in sorted(ROOT.glob("services/*/tests/*/sample.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found.update(import_module(name).SAMPLES)
    return found


SAMPLES = samples()
