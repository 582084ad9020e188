"""A sample quota, of everybody."""

from testkit.samples import Sample, always

SAMPLES = {
    "mtl.quota": Sample(body=always(holding_limit=1_000_000, note="试用"), patch={"note": "全员"}),
}
