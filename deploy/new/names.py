"""Names of a new service or resource, in every form that the templates use."""

import keyword
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from deploy.local.errors import CannotGoOn

SERVICE = re.compile(r"[a-z][a-z0-9]{1,11}")
RESOURCE = re.compile(r"[a-z]+(_[a-z]+)*")
LONGEST_RESOURCE = 20  # characters, so that revisions and index names stay short enough


@dataclass(frozen=True)
class Names:
    """`service` is like `l2o`; `resource` is a singular noun like `activity`, or empty."""

    service: str
    resource: str = ""

    @property
    def plural(self) -> str:
        """The plural, such as `activities`."""
        return plural(self.resource)

    @property
    def pascal(self) -> str:
        """The class name, such as `PriceRule`."""
        return "".join(word.capitalize() for word in self.resource.split("_"))

    def fill(self, text: str) -> str:
        """Replace every placeholder of a template, or of its path."""
        word, words = self.resource.replace("_", " "), self.plural.replace("_", " ")
        replacements = {
            "a xword": f"{_article(word)} {word}",
            "A xword": f"{_article(word).capitalize()} {word}",
            "XWords": words.capitalize(),
            "xwords": words,
            "xword": word,
            "xurl": self.plural.replace("_", "-"),
            "XRESOURCES": self.plural.upper(),
            "XRESOURCE": self.resource.upper(),
            "Xresource": self.pascal,
            "xresources": self.plural,
            "xresource": self.resource,
            "XSERVICE": self.service.upper(),
            "Xservice": self.service.capitalize(),
            "xservice": self.service,
        }
        for placeholder, name in replacements.items():
            text = text.replace(placeholder, name)
        return text


def plural(noun: str) -> str:
    """Return the English plural of a noun, by the common rules of spelling."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|z|ch|sh)$", noun) else f"{noun}s"


def _article(word: str) -> str:
    return "an" if word[:1] in set("aeio") else "a"


def ensure_new_service(name: str, services: tuple[str, ...]) -> None:
    """Raises CannotGoOn when a service cannot have this name."""
    if not SERVICE.fullmatch(name):
        raise CannotGoOn(
            f"SERVICE={name!r} is not a valid name: write 2 to 12 lower-case letters and digits."
        )
    if name in services:
        raise CannotGoOn(
            f"The service {name} exists already; to add a resource to it, set RESOURCE=... as well."
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or find_spec(name):
        raise CannotGoOn(f"SERVICE={name} is the name of a Python module already: choose another.")


def ensure_resource(names: Names, services: tuple[str, ...]) -> None:
    """Raises CannotGoOn when a resource cannot have this name, or its service does not exist."""
    if names.service not in services:
        raise CannotGoOn(
            f"SERVICE={names.service} is unknown: it is one of {', '.join(services)};"
            " to create a new service, leave RESOURCE out."
        )
    if not RESOURCE.fullmatch(names.resource) or keyword.iskeyword(names.resource):
        raise CannotGoOn(
            f"RESOURCE={names.resource!r} is no name: write one singular noun, like activity."
        )
    if len(names.resource) > LONGEST_RESOURCE:
        raise CannotGoOn(
            f"RESOURCE={names.resource} is too long: {LONGEST_RESOURCE} characters at most."
        )
