"""Gives an imported person a login: an invitation, a password, a role."""

from dataclasses import replace

from deploy.demo.client import Json, Person, UnexpectedAnswer


async def join(admin: Person, name: str, *, role: str, password: str) -> tuple[Person, Json]:
    """Invite the person of this name if necessary; return them signed in, and their record."""
    record = await admin.until(f"/org/v1/people?name={name}")
    username = record["username"] or name.lower().replace(" ", ".")
    login = {"grant_type": "password", "username": username, "password": password}
    person = replace(admin, login=login, token="")
    if record["username"] is None:
        await _invite(admin, record, username, password)
    record = await _with_role(admin, await admin.get(f"/org/v1/people/{record['id']}"), role)
    try:
        await person.sign_in()
    except UnexpectedAnswer:  # an earlier run stopped between the invitation and the password
        await _reset(admin, record, password)
        await person.sign_in()
    return person, record


async def _invite(admin: Person, record: Json, username: str, password: str) -> None:
    path = f"/org/v1/people/{record['id']}/invite"
    link = await admin.post(path, {"username": username}, seen=record)
    await _accept(admin, link, password)


async def _reset(admin: Person, record: Json, password: str) -> None:
    path = f"/org/v1/people/{record['id']}/reset-password"
    await _accept(admin, await admin.post(path, seen=record), password)


async def _accept(admin: Person, link: Json, password: str) -> None:
    body = {"token": link["token"], "password": password}
    await admin.post("/org/v1/password-links/accept", body)


async def _with_role(admin: Person, record: Json, code: str) -> Json:
    roles = {role["code"]: role["id"] async for role in admin.everything("/org/v1/roles")}
    if roles[code] in record["role_ids"]:
        return record
    body = {"role_ids": [*record["role_ids"], roles[code]]}
    return await admin.call("PATCH", f"/org/v1/people/{record['id']}", body, seen=record)
