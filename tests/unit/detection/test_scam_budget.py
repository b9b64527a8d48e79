"""How often ordinary people are held by the scam detector (row A048): a seeded month of an exchange without any scammer.

It is made up here, not measured: one user in twelve is over 65; most trade with a few people, one in fifty with twenty
strangers a day; one trade in 200 ends in a dispute and an unfair report; a third move all they have to a wallet of their own
now and then, half of the time a new one; some are paid by a partner, an employer or a flatmate. Each is known for a month
before. `habeas simulate` is to measure it on a labelled world.
"""

import random
from collections import Counter
from typing import Any

import pytest

from habeas.domain.facts import Facts, OtherParty, Reporter
from habeas.domain.ids import AccountId, fingerprint
from tests.builders import NOON
from tests.stories import Story, span

USERS, DAYS, KNOWN_DAYS = 300, 30, 30
HOLDS_MAX = 0.5
"""A thousand users and day (detection 2, which sets as much for travel)."""


def a_life(story: Story, chance: random.Random, *, is_merchant: bool) -> None:
    """What happens to one honest user, from the first day on."""
    usual = [f"friend-{n}" for n in range(chance.randint(1, 5))]
    is_mover, dealt = chance.random() < 1 / 3, 0
    born = chance.randint(1940, 1960) if chance.random() < 1 / 12 else chance.randint(1962, 2005)
    story.event("account.profile_changed", name="John Smith", birth_date=f"{born}-01-01")
    for _ in range(KNOWN_DAYS + DAYS):
        story.wait("1d")
        for _ in range(20 if is_merchant else chance.random() < 0.3):
            dealt += 1
            partner = chance.choice(usual) if not is_merchant and chance.random() < 0.7 else f"p-{chance.random()}"
            other = Facts(other_party=OtherParty(AccountId(partner), is_known=True))
            usd = str(chance.choice([20, 50, 100, 300, 900, 2500]))
            story.event("p2p.paid", looked_up=other, counterparty=partner, usd=usd)
            if chance.random() < 1 / 200:
                mark = (fingerprint(partner),)
                who = Reporter(
                    AccountId(partner), True, NOON - span("200d"), mark, has_dealt=True, reported_dealt_with=dealt
                )
                said: dict[str, Any] = {"against": story.state.account, "category": "scam", "reporter": partner}
                story.event("report.filed", looked_up=Facts(reporter=who), **said)
        if chance.random() < 0.1:
            payer = chance.choice(["John Smith", "J Smith", "Jane Smith", "Acme Payroll Ltd", "Maria Silva"])
            story.event("deposit.fiat", amount="900", currency="EUR", usd="900", payer_name=payer, method="sepa")
        if is_mover and chance.random() < 0.05:
            wallet = chance.choice(["ledger", "ledger", f"new-{chance.random()}"])
            story.withdrawal(address=wallet, usd="2900", balance_usd="3000")


@pytest.mark.row("A048")
def test_ordinary_people_are_hardly_ever_held() -> None:
    chance = random.Random(20261122)
    held: Counter[tuple[str, str]] = Counter()
    for number in range(USERS):
        story = Story()
        a_life(story, chance, is_merchant=number % 50 == 0)
        since = story.now - span(f"{DAYS}d")
        placed = [r for r in story.restrictions.values() if r.placed_at > since and r.reason.startswith("SCAM_")]
        held.update((r.reason, str(r.kind)) for r in placed)
    holds = sum(count for (_, kind), count in held.items() if kind == "OUTFLOW_HOLD")
    checks = sum(count for (_, kind), count in held.items() if kind == "STEP_UP")
    a_day_and_1000 = 1000 / USERS / DAYS
    assert holds * a_day_and_1000 <= HOLDS_MAX, held
    assert checks * a_day_and_1000 <= 10 * HOLDS_MAX
