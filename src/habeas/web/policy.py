"""Playbooks: what is in use, what was, and whether another one can be used."""

from habeas.domain.errors import BadInputError, PlaybookError, UnknownIdError
from habeas.playbook.load import read_playbook
from habeas.playbook.summary import Summary, summary_of
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply

TOML = "application/toml"
TOML_BYTES_MAX = 4 * 1024 * 1024


def current(backend: Backend, call: Call) -> Summary:  # noqa: ARG001 - every route is called alike
    """What is in use."""
    return summary_of(backend.playbook)


def text(backend: Backend, call: Call) -> Reply:
    """A playbook that is or was in use, as it was written."""
    version = call.path["version"]
    with backend.store.reading() as reader:
        found = reader.playbook_text(version)
    if found is None:
        raise UnknownIdError(f"no playbook of the version `{version}` was in use here")
    return Reply(content=found, media_type=TOML)


def validate(backend: Backend, call: Call) -> Summary:  # noqa: ARG001 - every route is called alike
    """What a playbook holds. Raises BadInputError with what is wrong with it."""
    try:
        return summary_of(read_playbook(call.body, "the playbook"))
    except PlaybookError as exc:
        raise BadInputError(str(exc)) from None
