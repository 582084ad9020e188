"""The error that ends a command: one sentence with its remedy, never a traceback."""

from pathlib import Path


class CannotGoOn(Exception):
    """The message is printed as it is; `log` names a file whose last lines are printed as well."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log
