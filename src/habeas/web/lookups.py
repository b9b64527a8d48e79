"""Asking about the outside: whom of the listed a name is like, and where coins came from. Nothing is recorded."""

from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.exposure import Exposure
from habeas.domain.screening import NAME_LENGTH_MAX, Screening
from habeas.web.backend import Backend
from habeas.web.operation import Call


class NameAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose name is to be compared with the listed ones."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=NAME_LENGTH_MAX,
            description="Of a person, an organisation or a vessel, in any script.",
        ),
    ]
    birth_date: Annotated[
        Annotated[str, Meta(max_length=10)] | None, Meta(description="`1962`, `1962-03` or `1962-03-01`.")
    ] = None
    countries: Annotated[
        tuple[Annotated[str, Meta(max_length=2)], ...],
        Meta(max_length=8, description="Nationalities, as ISO 3166 codes of two letters."),
    ] = ()


def screen(backend: Backend, call: Call) -> Screening:
    """Whom of the listed a name is like. A hit is a match to review, never a finding."""
    body: NameAsked = call.body
    return backend.screen(body.name, body.birth_date, body.countries)


def trace(backend: Backend, call: Call) -> Exposure:
    """Where the coins of a deposit came from; what cannot be traced is said as well."""
    return backend.trace(call.body)
