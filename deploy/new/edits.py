"""Edits that add a new resource or service to existing files."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import CannotGoOn

Edit = Callable[[str], str]


@dataclass
class Files:
    """Planned files. They are written together, or not at all if an edit fails."""

    root: Path
    contents: dict[Path, str] = field(default_factory=dict)

    def read(self, name: str) -> str:
        path = self.root / name
        return self.contents[path] if path in self.contents else path.read_text()

    def exists(self, name: str) -> bool:
        return self.root / name in self.contents or (self.root / name).exists()

    def create(self, name: str, content: str) -> None:
        """Plan a new file. Raises CannotGoOn if it exists."""
        path = self.root / name
        if path.exists():
            raise CannotGoOn(f"{name} exists already: nothing was written.")
        self.contents[path] = content

    def edit(self, name: str, *edits: Edit) -> None:
        """Plan edits of a file. Raises CannotGoOn if an edit does not fit its content."""
        content = self.read(name)
        for edit in edits:
            try:
                content = edit(content)
            except LookupError as error:
                raise CannotGoOn(f"{name} has no {error}: nothing was written.") from error
        self.contents[self.root / name] = content

    def write(self) -> list[Path]:
        for path, content in self.contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return list(self.contents)


def imports(*lines: str) -> Edit:
    """Add import lines before the first import; `tidy` sorts and merges them."""
    return before(r"^(import|from) ", "".join(f"{line}\n" for line in lines))


def before(pattern: str, text: str) -> Edit:
    """Insert text before the first line that matches."""

    def edit(content: str) -> str:
        match = _match(pattern, content)
        return content[: match.start()] + text + content[match.start() :]

    return edit


def after(pattern: str, text: str) -> Edit:
    """Insert text right after the first match."""

    def edit(content: str) -> str:
        match = _match(pattern, content)
        return content[: match.end()] + text + content[match.end() :]

    return edit


def after_last(pattern: str, text: str) -> Edit:
    """Insert text right after the last match."""

    def edit(content: str) -> str:
        _match(pattern, content)
        *_, match = re.finditer(pattern, content, re.MULTILINE)
        return content[: match.end()] + text + content[match.end() :]

    return edit


def where_it_fits(edit: Edit) -> Edit:
    """Return an edit that leaves a file unchanged if it does not fit."""

    def attempt(content: str) -> str:
        try:
            return edit(content)
        except LookupError:
            return content

    return attempt


def appended(text: str) -> Edit:
    """Add text at the end."""
    return lambda content: f"{content.rstrip()}\n\n\n{text}"


def _match(pattern: str, content: str) -> re.Match[str]:
    match = re.search(pattern, content, re.MULTILINE)
    if match is None:
        raise LookupError(f"line like {pattern}")
    return match
