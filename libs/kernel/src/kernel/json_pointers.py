"""JSON pointers (RFC 6901)."""


def child(pointer: str, step: str | int) -> str:
    """Return the pointer to a member or an element of what a pointer points to."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def steps_of(pointer: str) -> list[str] | None:
    """Return the steps of a pointer; None if it is not a valid pointer."""
    if pointer and not pointer.startswith("/"):
        return None
    steps = pointer.split("/")[1:]
    if any(step.replace("~0", "").replace("~1", "").count("~") for step in steps):
        return None
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]
