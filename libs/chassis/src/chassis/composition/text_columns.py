"""Aligned columns of plain text, for the output of commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

GAP = "  "  # between two columns


def aligned(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as text in aligned columns. No value is shortened or wrapped."""
    lines = [list(columns)]
    lines += [[" ".join(str(row[name]).split()) for name in columns] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(
            text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
