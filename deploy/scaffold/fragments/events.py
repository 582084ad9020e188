class XresourceState(AggregateState):
    """The state of a xword after the event."""

    aggregate: ClassVar[str] = "xservice.xresource"
    xresource_id: UUID
    name: str
    description: str | None = None
    owner_id: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class XresourceCreated(Event):
    """A xword was created."""

    type: ClassVar[str] = "xservice.xresource.created.v1"
    xresource: XresourceState


class XresourceChanged(Event):
    """The name, description or custom fields of a xword changed."""

    type: ClassVar[str] = "xservice.xresource.changed.v1"
    xresource: XresourceState


class XresourceAssigned(Event):
    """A xword was transferred to another owner."""

    type: ClassVar[str] = "xservice.xresource.assigned.v1"
    xresource: XresourceState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class XresourceDeleted(Event):
    """A xword was deleted; it may be restored."""

    type: ClassVar[str] = "xservice.xresource.deleted.v1"
    xresource: XresourceState


class XresourceRestored(Event):
    """A deleted xword was restored."""

    type: ClassVar[str] = "xservice.xresource.restored.v1"
    xresource: XresourceState


class XresourceSnapshot(Snapshot):
    """The present state of a xword, published again on request."""

    type: ClassVar[str] = "xservice.xresource.snapshot.v1"
    xresource: XresourceState
