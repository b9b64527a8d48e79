"""The image and what runs it, as far as that can be told without a builder: whatever they name is there."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from habeas.bench.cluster import Cluster, program
from habeas.cli.main import command
from habeas.web.routes import OPERATIONS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
OF_THE_SYSTEM = {"PATH", "PYTHONUNBUFFERED", "XDG_CACHE_HOME", "PGPASSFILE"} | {
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_CACHE_DIR",
}
"""Variables that Python, pip, libpq and the XDG specification know."""


def instructions() -> Iterator[tuple[str, str]]:
    """Each instruction of the Dockerfile with what stands behind it, on one line."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    for line in filter(None, lines):
        word, _, rest = line.partition(" ")
        yield word, " ".join(rest.split())


def told(word: str) -> list[str]:
    return [rest for each, rest in instructions() if each == word]


def tracked(path: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", path], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def copied() -> list[str]:
    """What is copied out of the repository."""
    return [source for rest in told("COPY") if "--from" not in rest for source in shlex.split(rest)[:-1]]


def require_runs(words: list[str]) -> None:
    """That these are a command of ours with options that it has, and values that they take."""
    name, *rest = words
    found = command().commands[name]
    found.make_context(name, list(rest), resilient_parsing=False)


def test_everything_that_is_copied_is_there_and_tracked() -> None:
    assert copied()
    assert [path for path in copied() if not (ROOT / path).exists() or not tracked(path)] == []


def test_the_builder_is_sent_what_is_copied_and_nothing_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert let_in == {path.rstrip("/") for path in copied()}


def test_the_image_installs_as_scripts_setup_does() -> None:
    setup = (ROOT / "scripts/setup").read_text(encoding="utf-8").replace('"', "")
    installed = [found.strip() for rest in told("RUN") for found in re.findall(r"pip (install [^&]+)", rest)]
    assert len(installed) == 3
    for each in installed:
        assert each.replace("$EXTRA", "$level").rstrip(".") in setup, each
    (extra,) = told("ARG")
    name, _, default = extra.partition("=")
    assert (name, default) == ("EXTRA", "run")
    for level in (default, *re.findall(r"--build-arg EXTRA=(\w+)", DOCKERFILE)):
        assert "--hash=sha256:" in (ROOT / f"requirements/{level}.txt").read_text(encoding="utf-8")


def test_the_image_names_no_place_to_install_from() -> None:
    assert re.findall(r"https?://(?!127\.0\.0\.1)\S+|index-url|trusted-host", DOCKERFILE) == []


def test_the_image_does_not_run_as_root() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    (user,) = re.findall(r"^USER (\w+)$", last_stage, re.MULTILINE)
    assert f"useradd --system --uid 10001 --home-dir /var/lib/habeas --create-home {user}" in last_stage


def test_the_command_of_the_image_is_one_of_ours() -> None:
    (entry,) = told("ENTRYPOINT")
    assert json.loads(entry) == ["habeas"]
    (words,) = told("CMD")
    require_runs(json.loads(words))


def test_the_image_is_well_when_the_store_can_be_read() -> None:
    (rest,) = told("HEALTHCHECK")
    *_, code = json.loads(rest.partition("CMD ")[2])
    compile(code, "HEALTHCHECK", "exec")
    (port, path) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", code)[0]
    (words,) = told("CMD")
    assert port in json.loads(words)
    assert told("EXPOSE") == [port]
    assert {row.scope for row in OPERATIONS if row.path == path} == {None}


def variables() -> set[str]:
    named = {name for rest in told("ENV") for name in re.findall(r"(\w+)=", rest)}
    for service in COMPOSE["services"].values():
        named |= {name for name in service.get("environment", {}) if not name.startswith("POSTGRES_")}
    return named


def test_every_variable_is_one_that_somebody_reads() -> None:
    ours = {name for name in variables() if name.startswith("HABEAS_")}
    assert variables() - ours <= OF_THE_SYSTEM
    assert {"HABEAS_STORE", "HABEAS_KEY_FILE"} <= ours
    assert [
        name for name in ours if f'"{name.removesuffix("_FILE")}"' not in SOURCES and f'"{name}"' not in SOURCES
    ] == []


@pytest.mark.parametrize("name", ["server", "worker"])
def test_our_services_run_commands_of_ours_on_the_image(name: str) -> None:
    service = COMPOSE["services"][name]
    require_runs(service["command"])
    assert service["build"] == "."
    assert (ROOT / "Dockerfile").exists()


def test_services_wait_for_services_that_say_how_they_are() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        for name, waits in service.get("depends_on", {}).items():
            # The health check of our own image is the Dockerfile's.
            has_check = "healthcheck" in services[name] or services[name].get("build") == "."
            assert waits == {"condition": "service_healthy"}
            assert has_check


def test_what_services_mount_and_are_told_in_confidence_is_declared() -> None:
    for service in COMPOSE["services"].values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in named if not name.startswith(".")} <= set(COMPOSE["volumes"])
        for value in service.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]
    files = [each["file"] for each in COMPOSE["secrets"].values()]
    ignored = subprocess.run(
        ["git", "check-ignore", *files, "secrets/keys/x"], cwd=ROOT, capture_output=True, check=True
    )
    assert len(ignored.stdout.split()) == len(files) + 1


def test_only_this_machine_reaches_the_server() -> None:
    assert [port for service in COMPOSE["services"].values() for port in service.get("ports", ())] == [
        "127.0.0.1:8000:8000"
    ]


def test_the_database_is_asked_with_programs_and_settings_that_it_has(cluster: Cluster) -> None:
    service = COMPOSE["services"]["database"]
    kind, name, *options = service["healthcheck"]["test"]
    known = subprocess.run([program(name), "--help"], capture_output=True, text=True, check=True).stdout
    assert kind == "CMD"
    assert [option for option in options if option.partition("=")[0] not in known] == []
    initdb = subprocess.run([program("initdb"), "--help"], capture_output=True, text=True, check=True).stdout
    for option in service["environment"]["POSTGRES_INITDB_ARGS"].split():
        assert option.partition("=")[0] in initdb
    server, flag, setting = service["command"]
    assert (server, flag) == ("postgres", "-c")
    cluster.run(f"ALTER SYSTEM SET {setting}")
    cluster.run(f"ALTER SYSTEM RESET {setting.partition('=')[0]}")
