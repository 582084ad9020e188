"""The texts that follow from what services declare of their resources in contracts."""

from collections.abc import Mapping

from chassis.foundation.texts import COMMON, Text
from contracts.resources import Names, declared_notices, declared_resources, declared_tasks


def declared_labels() -> dict[str, Mapping[str, Names]]:
    """Return the labels of all resources, kinds of notices and kinds of tasks, of all services."""
    resources = {name: (one.zh, one.en) for name, one in sorted(declared_resources().items())}
    return {
        "NoticeKind": declared_notices(),
        "Resource": {name: (zh, en[0].upper() + en[1:]) for name, (zh, en) in resources.items()},
        "TaskKind": declared_tasks(),
    }


def resource_texts(service: str) -> dict[str, Text]:
    """Return the text of `<NOUN>_NOT_FOUND` for the resources of a service, and all labels.

    Some codes of resources that every service has are common texts already.
    """
    texts = {
        f"{enum}.{value}": Text(*names)
        for enum, values in declared_labels().items()
        for value, names in values.items()
    }
    for one in declared_resources().values():
        code = f"{one.noun.upper()}_NOT_FOUND"
        if one.service == service and code not in COMMON:
            texts[code] = Text(f"没有该{one.zh}。", f"There is no such {one.en}.")
    return texts
