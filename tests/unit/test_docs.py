"""Documents that are made from the code say what the code says, and examples in them run."""

import re
import shlex
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import fields

from habeas.disclosure.catalogue import catalogue
from habeas.domain.bulk import BECAUSE, BulkKind
from habeas.domain.campaign import CampaignPlan, faults
from habeas.domain.limit import AccountLimits, Limit
from habeas.gate.messages import Fresh
from scripts import reference_docs

ROOT = Path(__file__).parents[2]


def test_the_pages_about_events_and_kinds_are_current() -> None:
    assert reference_docs.stale() == []


def test_every_decision_record_is_listed() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")}


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_command_of_every_example_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    from habeas.cli.main import app

    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name or "" for group in app.registered_groups}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = {shlex.split(line, comments=True)[0] for line in re.findall(r"bin/habeas (.*)", readme)}
    assert used <= known
    assert used


def plain(text: str) -> str:
    """Text without the ids and instants that differ from one telling to the next."""
    return re.sub(r"\b(rs|cs|ac|dr)_[a-z2-7]{16}\b", r"\1_ID", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME", text))


def test_the_excerpt_of_the_story_in_the_readme_is_what_the_demo_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from habeas.cli.tour import demo

    demo(directory=tmp_path, no_serve=True)
    told = plain(capsys.readouterr().out).splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    excerpt = plain(readme[readme.index("```text\n") + 8 :]).split("```")[0].splitlines()
    assert [line for line in excerpt if line != "..." and line not in told] == []


def test_the_plan_of_a_campaign_in_the_docs_can_be_drafted() -> None:
    page = (ROOT / "docs/campaigns.md").read_text(encoding="utf-8")
    plan = msgspec.toml.decode(page.split("```toml\n")[1].split("```")[0], type=CampaignPlan)
    assert list(faults(plan, timedelta(days=30), plan.announced_at - timedelta(days=1))) == []


def test_the_sentences_of_bulk_acts_in_the_docs_are_those_of_the_catalogue() -> None:
    page = (ROOT / "docs/campaigns.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (lift|extend) \| (.+) \|$", page, re.MULTILINE)
    said = catalogue("en").because
    assert rows == [(b, kind, said[b]) for kind in BulkKind for b in BECAUSE[kind]]


def test_the_example_of_the_gate_says_what_the_page_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    page = (ROOT / "docs/gate.md").read_text(encoding="utf-8")
    example, said = re.search(r"```python\n(.*?)```.*?```text\n(.*?)```", page, re.DOTALL).groups()  # type: ignore[union-attr]
    exec(compile(example, "docs/gate.md", "exec"), {})
    assert capsys.readouterr().out == said


def test_the_page_about_the_gate_names_every_field_of_the_feed() -> None:
    page = (ROOT / "docs/gate.md").read_text(encoding="utf-8")
    for said in (AccountLimits, Limit, Fresh):
        assert [field.name for field in fields(said) if f"`{field.name}`" not in page] == []
