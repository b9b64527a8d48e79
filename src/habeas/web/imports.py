"""Imports: what was brought in, and how far each got. Files are brought in with the command."""

from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.imported import Import
from habeas.domain.restriction import Status
from habeas.service import importing
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.pages import Page, page_of


class ImportState(Struct, frozen=True, kw_only=True):
    """An import, and what has become of what it placed."""

    batch: Annotated[Import, Meta(description="The import.")]
    restrictions: Annotated[dict[Status, int], Meta(description="How many of its restrictions are where.")]


def list_all(backend: Backend, call: Call) -> Page[Import]:
    """All imports, oldest first."""
    return page_of("/v1/imports", importing.imports(backend.store), lambda each: each.id, call.query)


def show(backend: Backend, call: Call) -> ImportState:
    """One import."""
    batch = importing.an_import(backend.store, call.path["import"])
    with backend.store.reading() as reader:
        counts = {status: count for status, count in reader.placed_counts(batch.id).items() if count}
    return ImportState(batch=batch, restrictions=counts)
