"""A sample team."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.team": Sample(body=always(name="智慧园区"), patch={"name": "项目组"}),
}
