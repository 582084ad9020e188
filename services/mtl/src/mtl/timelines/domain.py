"""What happens to a lead."""

from enum import StrEnum
from typing import Final

NOBODY: Final = ""  # in the place of a name: since then the lead has no owner


class TimelineKind(StrEnum):
    """What an entry of a timeline is about."""

    TOUCH = "TOUCH"
    FOLLOW_UP = "FOLLOW_UP"
    STATUS = "STATUS"
    OWNER = "OWNER"
    CAPTURE = "CAPTURE"
