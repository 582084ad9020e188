"""A sample role."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.role": Sample(
        body=always(code="CHANNEL", name="渠道", scopes=["mtl.lead.read"]),
        patch={"name": "伙伴"},
        unique="code",
    ),
}
