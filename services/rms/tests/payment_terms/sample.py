"""A sample payment term."""

from testkit.samples import Sample, always

SAMPLES = {
    "rms.payment_term": Sample(
        body=always(code="EOM", name="月结", instalments=[{"share": "1", "days": 0}]),
        patch={"name": "季付"},
        unique="code",
    ),
}
