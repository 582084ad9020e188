"""Every declared filter and sort of people at 200,000 rows."""

from sqlalchemy import text

from chassis.database.engine import Database
from kernel.ids import new_id
from org.people.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.filling import filled
from testkit.plans import measured

# Posts and roles of everybody: 500 people a department, and as many a role.
BESIDE = (
    'INSERT INTO department_posts (tenant_id, person_id, department_id, "primary")'
    " SELECT tenant_id, id, md5((get_byte(uuid_send(id), 15) % 400)::text)::uuid, true FROM people",
    "INSERT INTO role_holders (tenant_id, person_id, role_id)"
    " SELECT tenant_id, id, md5((get_byte(uuid_send(id), 15) % 400)::text)::uuid FROM people",
    "ANALYZE department_posts, role_holders",
)


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    owner = Database(service_database.owner_url, name="test-owner")
    async with filled(service_database, LISTING) as there:
        async with owner.begin(there.tenant) as tx:
            for table in ("department_posts", "role_holders"):
                await tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for statement in BESIDE:
                await tx.execute(text(statement))
            for table in ("department_posts", "role_holders"):
                await tx.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            some = (
                await tx.execute(text("SELECT department_id FROM department_posts LIMIT 1"))
            ).scalar_one()
        samples = {"department_id": [some, new_id()], "role_id": [some, new_id()]}
        found = await measured(app_database, LISTING, there, samples=samples)
        async with owner.begin(None) as tx:
            await tx.execute(text("TRUNCATE department_posts, role_holders"))
    await owner.dispose()
    assert [(m.question, m.complaints) for m in found if m.complaints] == []
