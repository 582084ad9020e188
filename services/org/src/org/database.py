"""Every table of this service hangs on this one metadata; alembic reads it."""

from chassis.database.columns import new_metadata

metadata = new_metadata()

# Tables without the tenant policy, each with its reason; the architecture tests read this list.
WITHOUT_TENANT = {
    "logins": "user names and secrets: a sign-in has no tenant until the secret is checked",
    "login_tries": "limits password guessing: unknown user names are counted, too",
    "password_links": "one-time password links: whoever opens one is not signed in yet",
}
