"""Write the pages in docs/ that are made from tables in the code (PAGES); `--check` says whether they are current."""

import sys
from pathlib import Path

from msgspec.structs import FieldInfo, fields

from habeas.detection.sight import COMMON, fields_for
from habeas.disclosure.access import EVENT_FIELDS, EVENTS_NOT_TOLD, TOLD, Telling
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Level
from habeas.domain.event import EVENT_TYPES
from habeas.domain.kind import ACCOUNT_KINDS, LEVELS
from habeas.playbook.load import shipped_playbook

DOCS = Path(__file__).parent.parent / "docs"

_SIGNS = {Level.ALLOW: ".", Level.STEP_UP: "s", Level.HOLD: "h", Level.DENY: "X"}


def events_page() -> str:
    """Every event type, what it asks for and its fields."""
    rows = [
        f"| `{name}` | {f'`{kind.asks}`' if kind.asks else '-'} | {', '.join(_field(f) for f in fields(kind.shape)) or '-'} |"
        for name, kind in EVENT_TYPES.items()
    ]
    head = (
        "# Events\n\nGenerated from `habeas.domain.event` by `scripts/reference_docs.py`.\n\n"
        "Events are CloudEvents 1.0 in JSON: `specversion`, `id`, `source`, `type`, `subject` (the account), `time` (RFC 3339\n"
        "with a time zone) and `data`. A field with `?` may be left out; all other fields that are sent are kept. Amounts are\n"
        "decimal strings, zero or more. An event that asks for something is answered with a verdict on it.\n\n"
        "| type | asks for | data |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _field(field: FieldInfo) -> str:
    return f"{field.encode_name}{'' if field.required else '?'}"


def kinds_page() -> str:
    """The level table, and how long each kind may last on which evidence."""
    names = " | ".join(ACCOUNT_KINDS)
    rule = "|".join(["---"] * (len(ACCOUNT_KINDS) + 1))
    rows = [f"| {c} | " + " | ".join(_SIGNS[LEVELS[k][c]] for k in ACCOUNT_KINDS) + " |" for c in ACCOUNT_CAPABILITIES]
    ladder = [
        f"| {kind} | "
        + "; ".join(
            f"{grade}: {_length(rung.max_for)}"
            + "".join(f", {_length(longer)} with {name}" for name, longer in rung.longer_for.items())
            for grade, rung in rungs.items()
        )
        + " |"
        for kind, rungs in next(iter(shipped_playbook().policies.values())).ladder.items()
    ]
    return (
        "# Kinds of restriction\n\n"
        "Generated from `habeas.domain.kind` and the shipped playbook by `scripts/reference_docs.py`.\n\n"
        "`.` ALLOW, `s` STEP_UP, `h` HOLD, `X` DENY. Several restrictions join with the highest level. `IP_BLOCK`, of one\n"
        "request, denies everything but contact_support, submit_documents, file_appeal and export_data.\n\n"
        f"| capability | {names} |\n|{rule}|\n" + "\n".join(rows) + "\n\n"
        "## How long, on how much evidence\n\n| kind | longest |\n|---|---|\n" + "\n".join(ladder) + "\n"
    )


def rule_names_page() -> str:
    """What an expression of a rule may name."""
    rows = [f"| `{name}` | {field.type} | {field.means} |" for name, field in COMMON.items()]
    own = {event: [(n, f) for n, f in fields_for(event).items() if n not in COMMON] for event in EVENT_TYPES}
    events = [
        f"| `{event}` | {', '.join(f'`{name}` {field.type}' for name, field in names) or '-'} |"
        for event, names in own.items()
    ]
    return (
        "# Names in rules\n\n"
        "Generated from `habeas.detection.sight` by `scripts/reference_docs.py`. See [rules.md](rules.md).\n\n"
        "## On every event\n\n| name | type | means |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        "`features.NAME` is an int (`count`, `distinct`) or a double (`sum`).\n\n"
        "## What each type of event says\n\n| type | names |\n|---|---|\n" + "\n".join(events) + "\n"
    )


def _length(length: object) -> str:
    return (
        "no limit by time" if length is None else str(length).removesuffix(", 0:00:00").removesuffix(":00:00").strip()
    )


def own_data_page() -> str:
    """What becomes of every field when a person asks for the own data."""
    tables = {"Event": EVENT_FIELDS} | {record.__name__: told for record, told in TOLD.items()}
    rows = [
        f"| {name} | {', '.join(f'`{field}`' for field, each in told.items() if each is telling)} | {telling} |"
        for name, told in tables.items()
        for telling in Telling
        if telling in told.values()
    ]
    left_out = [f"| `{name}` | all | {telling} |" for name, telling in EVENTS_NOT_TOLD.items()]
    return (
        "# What a person is told of the own data\n\n"
        "Generated from `habeas.disclosure.access` by `scripts/reference_docs.py`.\n\n"
        "`habeas export subject ACCOUNT --out DIR` writes what is `told` here, and nothing else. `told in words` is\n"
        "said by the statement, as far as the restriction's disclosure class goes. Restrictions that were only proposed,\n"
        "cases about nothing that was told, acts of staff and timers are not in it. A field that is new is not told until\n"
        "it stands in the table.\n\n"
        "| record | fields | become |\n|---|---|---|\n" + "\n".join(rows + left_out) + "\n"
    )


PAGES = {
    "events.md": events_page,
    "kinds.md": kinds_page,
    "own-data.md": own_data_page,
    "rule-names.md": rule_names_page,
}


def stale() -> list[str]:
    """The pages whose text is not what the code says."""
    return [
        name
        for name, make in PAGES.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != make()
    ]


def main() -> None:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        if names := stale():
            sys.exit(f"{', '.join(names)}: not current; run scripts/reference_docs.py")
        return
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
