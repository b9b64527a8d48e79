"""OpenAPI 3.1 from the table of routes. Schemas are msgspec's own, so they say what is read and written, and nothing else."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, get_args

import msgspec
from msgspec import Struct

from habeas.web import problem as problems
from habeas.web.field_words import FIELD_WORDS
from habeas.web.operation import JSON, SEE_OTHER, Many, OneOf, Operation
from habeas.web.problem import Problem, ProblemKind, reason_phrase

_REF = "#/components/schemas/{name}"
TAGS = {
    "events": "Facts come in.",
    "access": "May it? The OpenID AuthZEN Authorization API 1.0.",
    "accounts": "What staff and users see of an account.",
    "restrictions": "Acts of staff on restrictions.",
    "cases": "Work for people.",
    "appeals": "Users contest restrictions.",
    "documents": "What users are asked for and send.",
    "campaigns": "Many accounts at once: region exits.",
    "bulk": "Many restrictions at once: lifted or extended for one reason.",
    "imports": "What an older system had.",
    "feed": "What gateways follow.",
    "lookups": "Listed names, and where coins came from.",
    "playbooks": "Policy as data.",
    "journal": "Tamper evidence.",
    "webhooks": "How notices leave.",
    "login": "Staff log in with a browser.",
    "service": "The service itself.",
}
PATH_WORDS = {
    "account": "The account's id.",
    "restriction": "The restriction's id.",
    "permit": "The permit's id, as the case in the queue `assistance` names it.",
    "case": "The case's id.",
    "request": "The document request's id.",
    "file": "The file's id.",
    "version": "The playbook's version.",
    "campaign": "The campaign's id.",
    "bulk": "The bulk act's id.",
    "import": "The import's id.",
    "channel": "`email` or `webhook`.",
}
_ACCOUNT = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9][A-Za-z0-9._:@-]*$"}
_ID = {"type": "string", "minLength": 1, "maxLength": 256}
_ALWAYS = (400, 429, 500, 503)


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole description."""
    rows = tuple(operations)
    told = (shape for row in rows for shape in (row.body, row.schema, row.answer) if shape is not None)
    types = [Problem, *(type_ for shape in told for type_ in _types(shape))]
    queries = [row.query for row in rows if row.query is not None]
    made, components = msgspec.json.schema_components([*types, *queries], ref_template=_REF)
    schema_of = {id(type_): schema for type_, schema in zip([*types, *queries], made, strict=True)}
    structs = _structs([*types, *queries])
    for name, component in components.items():
        _describe_fields(name, component, structs)
        _plain_patterns(component)
    paths: dict[str, Any] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schema_of, components)
    names = _short_names(components)
    asked = {schema_of[id(query)]["$ref"].rpartition("/")[2] for query in queries}
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Habeas",
            "version": version("habeas"),
            "summary": "Account restrictions: decided with reasons, told to the user, and lifted again.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {names.get(name, name): each for name, each in components.items() if name not in asked},
            "responses": {
                str(status): _problem_response(status) for status in sorted({k.status for k in problems.KINDS})
            },
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "hbk_...",
                    "description": "An API key of a program or of a person of the staff (`habeas key create`).",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-habeas-session",
                    "description": "Somebody of the staff who has logged in at `/login`; over plain HTTP, on one machine, the "
                    "cookie is `habeas-session`. Everything but GET takes the header `X-CSRF-Token` besides.",
                },
                "userToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token that the exchange signs for a user: it opens that user's own account.",
                },
            },
        },
    }
    renamed: dict[str, Any] = _renamed(whole, names)
    return renamed


def _operation(row: Operation, schema_of: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": row.name,
        "tags": [row.tag],
        "summary": row.summary,
        "description": _about(row),
        "parameters": [*_parameters(row, schema_of, components)],
        "responses": _answers(row, schema_of)
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in _problem_statuses(row)},
        "security": _security(row),
    }
    if row.takes:
        said["requestBody"] = {
            "required": True,
            "content": {type_: _content(row, type_, schema_of) for type_ in row.takes},
        }
    return said


def _about(row: Operation) -> str:
    words = [row.about]
    if row.scope is not None:
        words.append(f"Takes the access scope `{row.scope}`.")
    if row.is_act:
        words.append("An act of staff: the credential must be a person's, and that person is the actor.")
    if row.is_own:
        words.append("A user's token opens it for the user's own account.")
    return " ".join(word for word in words if word) or row.summary


def _security(row: Operation) -> list[dict[str, list[str]]]:
    if row.scope is None:
        return []
    ways: list[dict[str, list[str]]] = [{"apiKey": [str(row.scope)]}, {"session": []}]
    return [*ways, {"userToken": []}] if row.is_own else ways


def _problem_statuses(row: Operation) -> list[int]:
    more = {401, 403} if row.scope is not None else set()
    takes = {413, 415} if row.takes else set()
    return sorted({*_ALWAYS, *more, *takes, *row.problems})


def _parameters(row: Operation, schema_of: dict[int, Any], components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in row.path_names:
        schema = _ACCOUNT if name == "account" else _ID
        yield {"name": name, "in": "path", "required": True, "description": PATH_WORDS[name], "schema": schema}
    if row.query is not None:
        asked = components[schema_of[id(row.query)]["$ref"].rpartition("/")[2]]
        for name, schema in asked["properties"].items():
            plain = {key: value for key, value in _without_null(schema).items() if key != "description"}
            required = name in asked.get("required", ())
            yield {
                "name": name,
                "in": "query",
                "required": required,
                "description": schema["description"],
                "schema": plain,
            }
    if row.is_idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "What is told again under the same key is done once, and gets its first answer.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 256},
        }
    if row.tag == "feed":
        yield {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "The cursor to go on from: the id of the last event that had one.",
            "schema": {"type": "string", "maxLength": 256},
        }
    if row.tag == "access" and row.takes:
        yield {
            "name": "X-Request-ID",
            "in": "header",
            "required": False,
            "description": "Said back in the answer.",
            "schema": {"type": "string", "maxLength": 256},
        }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out, and never null."""
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **options[0]} if len(options) == 1 else dict(schema)


def _content(row: Operation, type_: str, schema_of: dict[int, Any]) -> dict[str, Any]:
    shape = row.body if row.body is not None else row.schema
    if shape is not None:
        said = {"schema": schema_of[id(shape)]}
    elif type_ in CLOUD_EVENT_SCHEMAS:
        said = {"schema": CLOUD_EVENT_SCHEMAS[type_]}
    else:
        said = {"schema": {"type": "string", "description": "The bytes as they are."}}
    if row.example is None:
        return said
    if type_.endswith("batch+json"):
        return said | {"example": [row.example]}
    is_binary = shape is None and type_ == JSON
    return said | {"example": row.example["data"] if is_binary else row.example}


def _answers(row: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    if row.status != SEE_OTHER:
        return {str(row.status): _answer(row, schema_of)}
    elsewhere = {"Location": {"description": "Where to go on.", "schema": {"type": "string"}}}
    page = {"200": _answer(row, schema_of)} if row.method == "GET" else {}
    return page | {str(SEE_OTHER): {"description": row.summary + ".", "headers": elsewhere}}


def _answer(row: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    schema = {"type": "string", "description": "As it is."} if row.answer is None else _schema(row.answer, schema_of)
    return {"description": row.summary + ".", "content": {row.answer_type: {"schema": schema}}}


def _types(shape: Any) -> Iterator[Any]:
    """The types that an answer is made of."""
    match shape:
        case OneOf(shapes):
            for each in shapes:
                yield from _types(each)
        case Many(each):
            yield from _types(each)
        case _:
            yield shape


def _schema(shape: Any, schema_of: dict[int, Any]) -> dict[str, Any]:
    match shape:
        case OneOf(shapes):
            return {"anyOf": [_schema(each, schema_of) for each in shapes]}
        case Many(each):
            return {"type": "array", "items": _schema(each, schema_of)}
        case _:
            return dict(schema_of[id(shape)])


def _problem_response(status: int) -> dict[str, Any]:
    kinds = [kind for kind in problems.KINDS if kind.status == status]
    said: dict[str, Any] = {
        "description": "; ".join(f"`{kind.type}`: {kind.title}" for kind in kinds) + ".",
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {"$ref": _REF.format(name="Problem")},
                "examples": {kind.name: {"value": _example(kind)} for kind in kinds},
            }
        },
    }
    if status in (429, 503):
        said["headers"] = {
            "Retry-After": {"description": f"Seconds ({reason_phrase(status)}).", "schema": {"type": "string"}}
        }
    return said


def _example(kind: ProblemKind) -> dict[str, Any]:
    return {"type": kind.type, "title": kind.title, "status": kind.status}


_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A CloudEvents 1.0 envelope; docs/events.md says what each type's `data` is.",
    "required": ["specversion", "id", "source", "type", "subject", "time"],
    "properties": {
        "specversion": {"const": "1.0", "description": "The version of CloudEvents."},
        "id": _ID | {"description": "Unique with `source` and `subject`."},
        "source": _ID | {"description": "Who tells it."},
        "type": _ID | {"description": "What happened, such as `login.succeeded`."},
        "subject": _ACCOUNT | {"description": "The account."},
        "time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "data": {"type": "object", "description": "What the type says (docs/events.md)."},
    },
}
CLOUD_EVENT_SCHEMAS: dict[str, dict[str, Any]] = {
    "application/cloudevents+json": _EVENT_SCHEMA,
    "application/cloudevents-batch+json": {
        "type": "array",
        "description": "Events, each answered in its place.",
        "items": _EVENT_SCHEMA,
        "maxItems": 1_000,
    },
    "application/json": {
        "type": "object",
        "description": "The event's `data`; its attributes stand in `ce-` headers (binary mode).",
    },
}


# --- what each field means ---------------------------------------------------------------------------------------------


def _describe_fields(name: str, component: dict[str, Any], structs: dict[str, type]) -> None:
    """Every field says what it means: in its own words, else in those of the class, else in those of the table."""
    struct = structs.get(name)
    said = _field_docs(struct) if struct is not None else {}
    for field, schema in component.get("properties", {}).items():
        words = schema.get("description") or said.get(field)
        words = words or FIELD_WORDS.get(f"{_class_name(name)}.{field}") or FIELD_WORDS.get(field)
        if words:
            schema["description"] = words


def _class_name(name: str) -> str:
    return name.rpartition(".")[2]


def _short_names(components: dict[str, Any]) -> dict[str, str]:
    """What classes of one name are called apart: by the last part of their module."""
    return {name: "_".join(name.split(".")[-2:]) for name in components if "." in name}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The same with references to other names."""
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, str) and value.startswith(_REF.format(name="")):
        name = value.rpartition("/")[2]
        return _REF.format(name=names.get(name, name))
    return value


def _plain_patterns(schema: Any) -> None:
    r"""JSON Schema's patterns know no `\Z`."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
        for value in schema.values():
            _plain_patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            _plain_patterns(value)


def _structs(types: Iterable[Any]) -> dict[str, type]:
    """Every struct that types reach, by its name and by its full name."""
    found: dict[str, type] = {}
    waiting, seen = list(types), set()
    while waiting:
        type_ = waiting.pop()
        waiting += get_args(type_)
        origin = getattr(type_, "__origin__", type_)
        if not (isinstance(origin, type) and issubclass(origin, Struct)) or origin in seen:
            continue
        seen.add(origin)
        found[origin.__name__] = found[f"{origin.__module__}.{origin.__qualname__}"] = origin
        waiting += [field.type for field in msgspec.structs.fields(origin)]
    return found


@cache
def _field_docs(struct: type) -> dict[str, str]:
    """The sentences that stand below fields in the source."""
    said: dict[str, str] = {}
    for class_ in reversed(struct.__mro__):
        if not issubclass(class_, Struct) or class_ is Struct:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(class_))).body[0]
        assert isinstance(body, ast.ClassDef)
        for statement, after in zip(body.body, body.body[1:], strict=False):
            is_field = isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if is_field and is_text:
                said[statement.target.id] = inspect.cleandoc(after.value.value)  # type: ignore[attr-defined]
    return said
