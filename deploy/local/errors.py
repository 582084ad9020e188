"""What the launcher says when it cannot go on: one sentence with its remedy, never a traceback."""

from pathlib import Path


class CannotGoOn(Exception):
    """Printed as it stands; `log` names a file whose last lines say more."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log
