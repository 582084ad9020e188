"""The texts of DESK's error codes, in Chinese and English."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {}
