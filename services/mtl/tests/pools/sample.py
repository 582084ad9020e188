"""A sample pool."""

from testkit.samples import Sample, always

SAMPLES = {
    "mtl.pool": Sample(
        body=always(name="华东公海", hidden_fields=["phone"]), patch={"name": "华南公海"}
    ),
}
