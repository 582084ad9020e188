"""A sample person."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.person": Sample(body=always(name="李娜"), patch={"name": "王伟"}),
}
