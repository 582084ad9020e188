"""A sample xword, with which the tests of what all resources share are run."""

from testkit.samples import Sample, always

SAMPLES = {
    "xservice.xresource": Sample(body=always(name="A name"), patch={"name": "Another"}),
}
