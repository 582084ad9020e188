"""Renders the templates of `deploy/scaffold`: files with placeholders in names and text."""

from deploy.new.edits import Files
from deploy.new.names import Names
from deploy.services import ROOT

SCAFFOLD = ROOT / "deploy" / "scaffold"
FRAGMENTS = SCAFFOLD / "fragments"


def render(files: Files, names: Names, kind: str, **values: str) -> None:
    """Create every file of a kind of template; `values` are additional placeholders."""
    folder = SCAFFOLD / kind
    for template in sorted(path for path in folder.rglob("*") if path.is_file()):
        if "__pycache__" in template.parts:
            continue
        name, text = str(template.relative_to(folder)), template.read_text()
        for placeholder, value in values.items():
            name, text = name.replace(placeholder, value), text.replace(placeholder, value)
        files.create(names.fill(name), names.fill(text))
