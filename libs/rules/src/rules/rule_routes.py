"""The HTTP API of the rule sets of a service: read, check, try, publish, restore, explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import ScopedResource, Visibility
from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.commands import Command, CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import NotFound
from rules.dry_runs import dry_run, result_of
from rules.explanations import explain
from rules.rule_kinds import RuleKind
from rules.rule_schemas import (
    Labels,
    RuleCheckOut,
    RuleDryRunOut,
    RuleExplanationOut,
    RuleFieldOut,
    RuleRestoreIn,
    RuleSetOut,
    RuleSetSummaries,
    RuleSetSummary,
    RulesIn,
    RuleVersionDetails,
    RuleVersionIn,
    RuleVersionOut,
    label_of,
)
from rules.rule_set_json import rule_set_json
from rules.version_store import MAX_NUMBER, VersionStore
from rules.versions import Draft, RuleVersion, diff, publish, roll_back

VersionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
MAX_TRIED: Final = 20_000  # records of a dry run: at 20 µs each it ends within a second


@dataclass(frozen=True, kw_only=True)
class RuleAdministration:
    """The rule sets of a service, where their versions are, and whose records they are tried on."""

    service: str
    kinds: Sequence[RuleKind]
    store: VersionStore
    records: ScopedResource
    labels: Labels

    def kind(self, name: str) -> RuleKind:
        """Return a rule set by its name. Raises NotFound."""
        found = next((kind for kind in self.kinds if kind.name == name), None)
        if found is None:
            raise NotFound("rule_set", name)
        return found


def rule_router(rules: RuleAdministration) -> APIRouter:
    """Return the routes `/rule-sets` of a service."""
    router = new_router("/rule-sets", tag="rule sets")
    _add_reading(router, rules)
    _add_trying(router, rules)
    _add_publishing(router, rules)
    return router


def _kind_dependency(rules: RuleAdministration) -> Any:
    def kind(name: Annotated[str, Path(examples=["lead_score"])]) -> RuleKind:
        return rules.kind(name)

    return Depends(kind)


def _add_reading(router: APIRouter, rules: RuleAdministration) -> None:
    read, kind_in_path = [allow(f"{rules.service}.rule.read")], _kind_dependency(rules)
    store = rules.store

    @router.get("", dependencies=read)
    async def rule_set_list(tx: Tx) -> RuleSetSummaries:
        """List the rule sets of this service, with the numbers of the versions in force."""
        found = []
        for kind in rules.kinds:
            latest = await store.latest(tx, kind.name)
            found.append(_summary(kind, latest, rules.labels))
        return RuleSetSummaries(rule_sets=found)

    @router.get("/{name}", dependencies=read)
    async def rule_set_get(kind: Annotated[RuleKind, kind_in_path], tx: Tx) -> RuleSetOut:
        """Get the rules in force, and the fields that rules may read."""
        latest = await store.latest(tx, kind.name)
        schema = await kind.schema(tx)
        return RuleSetOut(
            **_summary(kind, latest, rules.labels).model_dump(),
            rules=dict(kind.content_of(latest)),
            published=None if latest is None else RuleVersionOut.model_validate(latest),
            fields=[RuleFieldOut.of(spec, rules.labels) for spec in schema.fields.values()],
        )

    @router.get("/{name}/versions", dependencies=read)
    async def rule_version_list(
        kind: Annotated[RuleKind, kind_in_path], tx: Tx, page: PageParams
    ) -> Page[RuleVersionOut]:
        """List the versions of a rule set, newest first."""
        query = store.query(kind.name)
        return await fetch_page(tx, query, page, shape=lambda row: RuleVersionOut(**row))

    @router.get("/{name}/versions/{number}", dependencies=read)
    async def rule_version_get(
        kind: Annotated[RuleKind, kind_in_path], number: VersionNumber, tx: Tx
    ) -> RuleVersionDetails:
        """Get a version with its rules, and what it changed in the one before it."""
        version = await store.get(tx, kind.name, number)
        earlier = await store.get(tx, kind.name, number - 1) if number > 1 else None
        changes = diff(kind.content_of(earlier), version.content)
        return RuleVersionDetails.with_changes(version, changes)


def _add_trying(router: APIRouter, rules: RuleAdministration) -> None:
    read, kind_in_path = [allow(f"{rules.service}.rule.read")], _kind_dependency(rules)

    @router.post("/{name}/check", dependencies=read, openapi_extra=READ_ONLY)
    async def rule_set_check(
        kind: Annotated[RuleKind, kind_in_path], body: RulesIn, tx: Tx
    ) -> RuleCheckOut:
        """Check rules as publishing does; nothing is stored."""
        checked = await kind.check(tx, body.rules, at="/rules")
        return RuleCheckOut.of(checked.warnings, rules.labels)

    @router.post("/{name}/dry-run", dependencies=read, openapi_extra=READ_ONLY)
    async def rule_set_dry_run(
        kind: Annotated[RuleKind, kind_in_path],
        body: RulesIn,
        tx: Tx,
        visibility: Annotated[Visibility, may_list(rules.records)],
    ) -> RuleDryRunOut:
        """Count what rules would change for the newest 20,000 records that the caller sees."""
        checked = await kind.check(tx, body.rules, at="/rules")
        before = await kind.read(tx, await rules.store.latest(tx, kind.name))
        # One more than are tried tells whether there are others.
        tried = [one async for one in kind.records(tx, visibility, MAX_TRIED + 1)]
        found = dry_run(before, checked.rule_set, tried[:MAX_TRIED])
        return RuleDryRunOut.of(found, is_complete=len(tried) <= MAX_TRIED)


def explanation_router(rules: RuleAdministration, collection: str) -> APIRouter:
    """Return the route that explains what rules decide for a record of a collection."""
    router = new_router(collection, tag="rule sets")
    kind_in_path = _kind_dependency(rules)

    @router.get("/{record_id}/rule-sets/{name}/explanation", dependencies=[may_read(rules.records)])
    async def rule_set_explain(
        record_id: UUID, kind: Annotated[RuleKind, kind_in_path], tx: Tx
    ) -> RuleExplanationOut:
        """Explain what the rules in force decide for a record, row by row."""
        latest = await rules.store.latest(tx, kind.name)
        rule_set = await kind.read(tx, latest)
        found = explain(rule_set, await kind.facts(tx, record_id))
        number = 0 if latest is None else latest.number
        return RuleExplanationOut.of(number, result_of(rule_set, found.decision), found)

    return router


def _add_publishing(router: APIRouter, rules: RuleAdministration) -> None:
    write, kind_in_path = [allow(f"{rules.service}.rule.write")], _kind_dependency(rules)
    store = rules.store

    @router.post("/{name}/versions", status_code=201, dependencies=write)
    async def rule_version_publish(
        kind: Annotated[RuleKind, kind_in_path], body: RuleVersionIn, command: CreateCommand
    ) -> RuleVersionOut:
        """Publish rules as the next version, which is in force at once.

        Answers 409 `RULE_VERSION_STALE` if another version was published meanwhile, and the latest
        version if it has these rules already.
        """
        checked = await kind.check(command.tx, body.rules, at="/rules")
        latest = await store.latest(command.tx, kind.name)
        draft = Draft(content=rule_set_json(checked.rule_set), based_on=body.based_on)
        version = publish(latest, draft, by=command.actor or "", at=command.now, note=body.note)
        return await _added(store, command, kind, latest, version)

    @router.post("/{name}/versions/{number}/restore", status_code=201, dependencies=write)
    async def rule_version_restore(
        kind: Annotated[RuleKind, kind_in_path],
        number: VersionNumber,
        body: RuleRestoreIn,
        command: CreateCommand,
    ) -> RuleVersionOut:
        """Publish the rules of an earlier version again, as the next version."""
        to = await store.get(command.tx, kind.name, number)
        await kind.check(command.tx, to.content)
        latest = await store.latest(command.tx, kind.name)
        assert latest is not None
        version = roll_back(
            latest,
            to,
            expected=body.based_on,
            by=command.actor or "",
            at=command.now,
            note=body.note,
        )
        return await _added(store, command, kind, latest, version)


async def _added(
    store: VersionStore,
    command: Command,
    kind: RuleKind,
    latest: RuleVersion | None,
    version: RuleVersion,
) -> RuleVersionOut:
    if version is not latest:
        await store.add(command.tx, kind.name, version)
        await kind.published(command.tx, version, command.now)
    return RuleVersionOut.model_validate(version)


def _summary(kind: RuleKind, latest: RuleVersion | None, labels: Labels) -> RuleSetSummary:
    number = 0 if latest is None else latest.number
    return RuleSetSummary(name=kind.name, label=label_of(kind.label, labels), version=number)
