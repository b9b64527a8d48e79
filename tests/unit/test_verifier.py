"""The verifier stands alone: an auditor can read the whole of it, and it takes nothing of Habeas' word for anything."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from habeas import verifier
from habeas.service.checkpoints import take_checkpoint
from habeas.service.journal_export import export_lines
from habeas.store.memory import MemoryStore
from tests.builders import NOON, a_decision, an_enriched_event

SOURCE = Path(verifier.__file__)


def test_it_imports_nothing_of_habeas_and_fits_on_a_few_pages() -> None:
    text = SOURCE.read_text("utf-8")
    tree = ast.parse(text)
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in modules}
    assert roots - sys.stdlib_module_names == {"cryptography", "msgspec"}
    assert len(text.splitlines()) < 200


def test_a_copy_of_the_file_does_the_job_elsewhere(tmp_path: Path) -> None:
    store = MemoryStore()
    with store.transaction() as work:
        work.record(an_enriched_event(), a_decision(), "builtin-1")
    take_checkpoint(store, NOON)
    with store.reading() as reader:
        lines = [line + b"\n" for line in export_lines(reader, store.signer())]
    (tmp_path / "check.py").write_bytes(SOURCE.read_bytes())
    (tmp_path / "journal").write_bytes(b"".join(lines))
    (tmp_path / "key").write_text(store.signer().public_key.hex() + "\n")

    def run() -> tuple[int, str]:
        command = [sys.executable, "-I", "check.py", "journal", "--public-key", "key"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    assert run() == (0, "verifies: 1 entries of 1 accounts under 1 checkpoints\n")
    (tmp_path / "journal").write_bytes(b"".join(lines).replace(b'"entries":1', b'"entries":2'))
    assert run() == (1, "does not verify: line 3: the file is not signed with this key\n")


@pytest.mark.parametrize("key", ["00", "zz" * 32, "nowhere"])
def test_a_key_that_is_none_is_bad_usage(tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier.main([str(tmp_path / "nowhere"), "--public-key", key])
    assert ended.value.code == 2
    assert "cannot be read" in capsys.readouterr().err
