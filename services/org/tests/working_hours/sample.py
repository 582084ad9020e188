"""Sample working hours."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.working_hours": Sample(
        body=always(name="客服两班", week={"monday": [{"start": "09:00", "end": "18:00"}]}),
        patch={"name": "仓库夜班"},
    ),
}
