"""What the commands of the sealed desk work with: their own store, named by their own option, and the public one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from habeas.cli import show, wiring
from habeas.cli.acting import refused
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError

if TYPE_CHECKING:
    from habeas.sealed.store import SealedStore
    from habeas.service.intake import Intake
    from habeas.service.ports import Store

SealedStoreOption = Annotated[
    str | None,
    typer.Option("--sealed-store", metavar="URL", help="The sealed store. Default: HABEAS_SEALED_STORE."),
]
SealedKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--sealed-key", metavar="FILE", help="Its key file. Default: HABEAS_SEALED_KEY, else the one beside the store."
    ),
]


class OpenedDesk:
    """The sealed desk over its store and the public one."""

    def __init__(self, sealed: "SealedStore", public: "Store") -> None:
        from habeas.sealed.desk import Desk
        from habeas.sealed.policy import shipped_policy
        from habeas.sealed.reporting import Reporting
        from habeas.sealed.reviewing import Reviews
        from habeas.sealed.wallets import Wallets

        policy, playbook = shipped_policy(), wiring.playbook()
        wallets = Wallets(wiring.ledger(public).reading, lambda: wiring.library(public).tags())
        self.sealed = sealed
        self.public = public
        self.desk: Desk = Desk(sealed, public, playbook, wallets, wiring.now, policy)
        self.reviews: Reviews = Reviews(sealed, public, playbook, wiring.now, policy.disclosure_review_for)
        self.reports: Reporting = Reporting(sealed, policy, wiring.now)

    def submit(self) -> None:
        """Bring to the public store what was decided and has not been brought there."""
        from habeas.sealed.submission import Submission

        with wiring.opened_intake(self.public) as intake:
            Submission(self.sealed, intake, wiring.now).run()

    def sweep(self, intake: "Intake | None" = None) -> int:
        """Do all that is due; how much was."""
        from habeas.sealed.submission import Submission, sweep

        if intake is not None:
            return sweep(self.sealed, self.desk, Submission(self.sealed, intake, wiring.now), wiring.now)
        with wiring.opened_intake(self.public) as own:
            return sweep(self.sealed, self.desk, Submission(self.sealed, own, wiring.now), wiring.now)


def sealed_url(given: str | None) -> str | None:
    """The sealed store that is configured, if one is."""
    return given or os.environ.get("HABEAS_SEALED_STORE")


@contextmanager
def opened_desk(store: str | None, sealed_store: str | None, sealed_key: Path | None) -> Iterator[OpenedDesk]:
    """The desk, with both stores open. Raises BadInputError where no sealed store is named: none is ever guessed."""
    if sealed_url(sealed_store) is None:
        raise BadInputError("no sealed store is named; give --sealed-store URL or set HABEAS_SEALED_STORE")
    with wiring.opened_store(store) as public, desk_on(public, sealed_store, sealed_key) as desk:
        yield desk


@contextmanager
def desk_on(public: "Store", sealed_store: str | None, sealed_key: Path | None) -> Iterator[OpenedDesk]:
    """The desk over a public store that is open already."""
    from habeas.sealed.store import open_sealed_store

    named = os.environ.get("HABEAS_SEALED_KEY")
    sealed = open_sealed_store(sealed_url(sealed_store) or "", sealed_key or (Path(named) if named else None))
    try:
        yield OpenedDesk(sealed, public)
    finally:
        sealed.close()


def done(result: Any, *, json: bool, line: str) -> None:
    """Print what an act led to; a refusal goes to stderr and ends with exit code 1."""
    if isinstance(result, Refusal):
        if json:
            show.json_line({"refusal": result})
        raise refused(result)
    if json:
        show.json_line(result)
    else:
        sys.stdout.write(f"{line}\n")
