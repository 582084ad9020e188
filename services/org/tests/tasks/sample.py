"""A sample task."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.task": Sample(body=always(title="回访"), patch={"title": "拜访"}),
}
