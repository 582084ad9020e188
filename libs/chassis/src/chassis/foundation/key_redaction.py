"""The form of access keys, by which they are found in texts and left out of them.

An access key may be part of a path. It must not reach logs, stored paths or problems, on whatever
route it is sent to.
"""

import re
from typing import Final

ACCESS_KEY_PREFIX: Final = "l2ck_"
_ACCESS_KEY: Final = re.compile(ACCESS_KEY_PREFIX + "[A-Za-z0-9_-]+")


def without_access_keys(text: str) -> str:
    """Return the text with every access key in it replaced."""
    return _ACCESS_KEY.sub(ACCESS_KEY_PREFIX + "***", text)
