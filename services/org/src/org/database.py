"""The one metadata of all tables of this service; alembic reads it."""

from chassis.database.columns import new_metadata

metadata = new_metadata()

# Tables without the tenant policy, each with its reason; the architecture tests read this list.
WITHOUT_TENANT = {
    "logins": "the login directory: the tenant is known only after authentication",
    "login_tries": "failed sign-ins per name and address; unknown names are counted too",
    "password_links": "one-time links: the holder of a link's token has no tenant yet",
}
