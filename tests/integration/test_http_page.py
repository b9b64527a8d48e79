"""The examples of docs/http.md say what the page says, on a real server."""

import json
import os
import re
import subprocess
from pathlib import Path

from habeas.bench.http import served
from habeas.domain.access import ROLE_SCOPES, AccessScope
from habeas.domain.actor import Role
from habeas.service.keys import make_key
from habeas.store.open import open_store
from habeas.web.problem import KINDS
from tests.builders import NOON

PAGE = (Path(__file__).parents[2] / "docs/http.md").read_text(encoding="utf-8")
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SCOPES = frozenset({AccessScope.EVENTS_WRITE, AccessScope.EVALUATE, AccessScope.ACCOUNTS_READ})


def examples(page: str) -> list[tuple[str, str]]:
    """Each `curl` command of a page with the answer that stands below it."""
    blocks = (block for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) if "$ curl" in block)
    found = [re.match(r"\$ (.*?)\n(?=[{\[][^\n]*\n\Z)(.*)\n\Z", block, re.DOTALL) for block in blocks]
    return [(match[1], match[2]) for match in found if match]


def says(told: str, answer: str) -> bool:
    """Whether an answer is what a page tells, which leaves out what stands where it has dots."""
    parts = re.escape(told).replace(r"\.\.\.", ".*")
    return re.fullmatch(parts, answer, re.DOTALL) is not None


def test_every_example_is_answered_as_the_page_says(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    store = open_store(url)
    _, program = make_key(store, "exchange", None, SCOPES, NOON)
    _, person = make_key(store, "jane", Role.ANALYST, ROLE_SCOPES[Role.ANALYST], NOON)
    store.close()
    shown = [*examples(PAGE), *examples(README)]
    assert len(shown) == PAGE.count("$ curl") + README.count("$ curl")
    with served(url, tmp_path) as server:
        variables = {"URL": f"http://127.0.0.1:{server.port}", "KEY": program, "JANE": person}
        for command, told in shown:
            done = subprocess.run(
                ["bash", "-c", command], env=os.environ | variables, capture_output=True, text=True, check=True
            )
            assert json.loads(done.stdout)
            assert says(told, done.stdout), done.stdout


def test_every_kind_of_problem_is_on_the_page_with_its_status() -> None:
    rows = re.findall(r"^\| (`[a-z`, -]+) \| (\d{3})", PAGE, re.MULTILINE)
    told = {(name, int(status)) for names, status in rows for name in re.findall(r"`([a-z-]+)`", names)}
    assert told == {(kind.name, kind.status) for kind in KINDS}
