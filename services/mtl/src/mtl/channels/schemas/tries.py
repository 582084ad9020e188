"""Bodies about the rules of a channel that are tried on a payload."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mtl.channels.domain.gate import Verdict
from mtl.channels.schemas.channels import (
    CaptureReasonOut,
    ChannelMapping,
    GateBody,
    Honeypot,
    Payload,
)


class ChannelRulesBody(BaseModel):
    """Rules of a channel that are tried before they are saved; those left out are the saved ones.

    A `honeypot` of null tries the channel without one.
    """

    model_config = ConfigDict(extra="forbid")

    mapping: ChannelMapping = Field(default={}, description="How payloads fill leads")
    gate: GateBody = GateBody()
    honeypot: Honeypot | None = None

    def given(self) -> dict[str, Any]:
        """Return the rules that the body names, the gate as JSON."""
        values = {**dict(self), "gate": self.gate.model_dump(mode="json")}
        return {name: value for name, value in values.items() if name in self.model_fields_set}


class ChannelTryIn(BaseModel):
    """A payload to try on a channel, by its rules or by others; nothing is stored."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"payload": {"form": {"mobile": "138-0013-8000"}}},
                {
                    "payload": {"form": {"mobile": "138-0013-8000"}},
                    "rules": {
                        "mapping": {"fields": [{"target": "phone", "sources": ["form.mobile"]}]},
                        "gate": {"required_fields": ["company"]},
                    },
                },
            ]
        },
    )

    payload: Payload
    rules: ChannelRulesBody = Field(
        default=ChannelRulesBody(), description="What is being edited and is not saved yet"
    )


class MappedFieldOut(BaseModel):
    """What a payload gives for a field of the lead."""

    target: str
    value: Any
    source: str | None = Field(description="The path that it came from; null for a constant")
    found: Any = Field(description="What stands in the payload at that path")
    is_default: bool


class ChannelTryOut(BaseModel):
    """What a channel would do with a payload."""

    verdict: Verdict
    honeypot_filled: bool
    fields: list[MappedFieldOut]
    lead: dict[str, Any] = Field(description="The fields of the lead that are valid, as stored")
    reasons: list[CaptureReasonOut]
