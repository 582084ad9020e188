"""A sample service client."""

from testkit.samples import Sample, always

SAMPLES = {
    "org.client": Sample(
        body=always(name="金蝶", client_id="kingdee", scopes=[]),
        patch={"name": "用友"},
        unique="client_id",
        shown_once=frozenset({"client_secret"}),
    ),
}
