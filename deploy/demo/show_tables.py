"""Tables of the report."""

from rich.table import Table


def plain(*columns: str) -> Table:
    """Return a table without lines: the first column is text, the others are numbers."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=bool(columns))
    for nth, name in enumerate(columns):
        table.add_column(name, justify="right" if nth else "left", no_wrap=True)
    return table
