"""The texts of DESK's error codes, in Chinese and English."""

from chassis.foundation.texts import Text
from desk.file_texts import FILE_TEXTS
from desk.message_texts import MESSAGE_TEXTS

TEXTS: dict[str, Text] = {**FILE_TEXTS, **MESSAGE_TEXTS}
