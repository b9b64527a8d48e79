"""The description says everything that there is, and what it says is so."""

from typing import Any

import jsonschema_rs
import pytest

from habeas.web.field_words import FIELD_WORDS
from habeas.web.openapi import TAGS
from habeas.web.operation import Operation
from habeas.web.routes import OPERATIONS
from tests.unit.web.conftest import Service

WITH_EXAMPLE = [pytest.param(row, id=row.name) for row in OPERATIONS if row.example is not None]


@pytest.fixture
def described(service: Service) -> dict[str, Any]:
    said: dict[str, Any] = service.client.get("/openapi.json").json()
    return said


def test_it_is_openapi_3_1_and_says_where_it_is(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    assert described["servers"][0]["url"].startswith("http")
    assert {name for path in described["paths"].values() for row in path.values() for name in row["tags"]} == set(TAGS)


def test_every_route_is_described_with_its_security_and_its_problems(described: dict[str, Any]) -> None:
    assert {(m.upper(), p) for p, rows in described["paths"].items() for m in rows} == {
        (row.method, row.path) for row in OPERATIONS
    }
    for row in OPERATIONS:
        said = described["paths"][row.path][row.method.lower()]
        assert bool(said["security"]) is (row.scope is not None)
        assert said["summary"]
        assert said["description"]
        assert {"400", "429", "500", "503"} <= set(said["responses"])
        assert ({"401", "403"} <= set(said["responses"])) is (
            row.scope is not None or row.name in ("comeBack", "logOut")
        )


def test_every_field_and_every_parameter_is_described(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    silent = [
        (name, field)
        for name, schema in schemas.items()
        for field, said in schema.get("properties", {}).items()
        if not said.get("description")
    ]
    silent += [
        (path, parameter["name"])
        for path, rows in described["paths"].items()
        for row in rows.values()
        for parameter in row["parameters"]
        if not parameter.get("description")
    ]
    assert silent == []


def test_no_word_about_a_field_is_left_over(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema.get("properties", {})}
    classes = {name.rpartition("_")[2] or name for name in schemas}
    left = [
        name
        for name in FIELD_WORDS
        if (name.rpartition(".")[2] not in fields) or ("." in name and name.partition(".")[0] not in classes)
    ]
    assert left == []


def test_nothing_in_it_names_a_module(described: dict[str, Any]) -> None:
    assert [name for name in described["components"]["schemas"] if "." in name] == []


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for each in value.values() for found in references(each)]
        return [found for each in value for found in references(each)] if isinstance(value, list) else []

    components = described["components"]
    for reference in references(described):
        _, _, kind, name = reference.split("/")
        assert name in components[kind]


@pytest.mark.parametrize("row", WITH_EXAMPLE)
def test_every_example_is_of_its_schema(described: dict[str, Any], row: Operation) -> None:
    content = described["paths"][row.path][row.method.lower()]["requestBody"]["content"]
    for said in content.values():
        schema = {"components": described["components"]} | said["schema"]
        jsonschema_rs.validator_for(schema).validate(said["example"])


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in OPERATIONS if row.body is not None])
def test_every_route_with_a_body_has_an_example(row: Operation) -> None:
    assert row.example is not None
