"""`make new SERVICE=l2o RESOURCE=gift` and `make new SERVICE=desk`."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from deploy.local.errors import CannotGoOn
from deploy.migration import tidy
from deploy.new.edits import Files
from deploy.new.names import Names, ensure_new_service, ensure_resource
from deploy.new.resource import add_resource
from deploy.new.service import add_service
from deploy.services import ROOT, services_in

NEXT = {
    "service": "Next: describe it in its README and in README.md, add a resource by"
    " `make new SERVICE={service} RESOURCE=...`, then"
    " `make contracts`, `make check` and `make test`.",
    "resource": "Next: replace name and description by the fields of the business, describe it in"
    " __init__.py in the words of the business, name it in Chinese in resources.py, then"
    " `make contracts`, `make check` and `make test`.",
}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main(
    service: Annotated[str, typer.Argument()], resource: Annotated[str, typer.Argument()] = ""
) -> None:
    """Write a resource of a service, or a whole service when no resource is named."""
    try:
        print("\n".join(write(Names(service, resource))))
    except CannotGoOn as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(1) from None


def write(names: Names) -> list[str]:
    """Write the files; return what to print. Raises CannotGoOn before anything is written."""
    files, day, services = Files(ROOT), datetime.now(UTC).date(), services_in(ROOT)
    if names.resource:
        ensure_resource(names, services)
        add_resource(files, names, day)
    else:
        ensure_new_service(names.service, services)
        add_service(files, names, day)
    written = files.write()
    tidy(*(path for path in written if path.suffix == ".py"))
    kind = "resource" if names.resource else "service"
    listed = [f"  {path.relative_to(ROOT)}" for path in sorted(written)]
    return [f"{len(written)} files:", *listed, NEXT[kind].format(service=names.service)]


if __name__ == "__main__":
    app()
