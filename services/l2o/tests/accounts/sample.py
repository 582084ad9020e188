"""A sample account."""

from testkit.samples import Sample, always

SAMPLES = {
    "l2o.account": Sample(
        body=always(name="上海示例有限公司", confirmed=True), patch={"name": "北京样本集团"}
    ),
}
