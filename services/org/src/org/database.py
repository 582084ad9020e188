"""Every table of this service hangs on this one metadata; alembic reads it."""

from chassis.database.columns import new_metadata

metadata = new_metadata()

# Tables without the tenant policy, each with its reason; the architecture tests read this list.
WITHOUT_TENANT = {
    "logins": "the login directory: a request for a token tells its tenant only once it is proven",
    "login_tries": "the brake on guessing: counts tries for names nobody has, too",
    "password_links": "one-time links: whoever comes with a token has no tenant yet",
}
