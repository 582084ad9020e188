"""A sample department."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.department": Sample(body=always(name="华东大区"), patch={"name": "华南分部"}),
}
