"""A sample product."""

from testkit.samples import Sample, always

SAMPLES = {
    "cpq.product": Sample(
        body=always(sku="GTX", name="基础版"), patch={"name": "旗舰"}, unique="sku"
    ),
}
