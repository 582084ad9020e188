"""A sample lead."""

from testkit.samples import Sample, always

SAMPLES = {
    "mtl.lead": Sample(
        body=always(company="远景科技"),
        patch={"company": "星辰能源"},
        restarted=frozenset({"owned_since"}),
    ),
}
