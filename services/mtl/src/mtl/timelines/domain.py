"""What happens to a lead."""

from enum import StrEnum
from typing import Final

NOBODY: Final = ""  # the name of the owner of a lead that nobody owns


class TimelineKind(StrEnum):
    """What an entry of a timeline is about."""

    TOUCH = "TOUCH"
    FOLLOW_UP = "FOLLOW_UP"
    STATUS = "STATUS"
    OWNER = "OWNER"
    CAPTURE = "CAPTURE"
    MERGE = "MERGE"
