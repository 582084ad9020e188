"""`Tx` commits after the answer was sent."""

from typing import Annotated, Any

MODULE = "chassis.web.transaction"
BITES = ("answers come after the commit", "answers are kept")


def patch(module: Any) -> None:
    late = module.Depends(module.request_transaction, scope="request")
    module.Tx = Annotated[module.AsyncConnection, late]
