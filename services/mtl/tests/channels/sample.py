"""A sample channel."""

from testkit.samples import Sample, always

SAMPLES = {
    "mtl.channel": Sample(
        body=always(name="官网表单", kind="WEB_FORM"), patch={"name": "展会名片"}
    ),
}
