"""Every table of this service hangs on this one metadata; alembic reads it."""

from chassis.db import new_metadata

metadata = new_metadata()

# Tables without the tenant policy, each with its reason; the architecture tests read this list.
WITHOUT_TENANT = {
    "logins": "the login directory: a request for a token tells its tenant only once it is proven",
}
