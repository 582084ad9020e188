"""A sample reminder."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.reminder": Sample(
        body=always(text="打电话", remind_at="2099-01-01T00:00:00Z"), patch={"text": "写信"}
    ),
}
