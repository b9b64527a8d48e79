"""What every store promises about batches: what they are, whom they are about, and what they placed."""

from datetime import timedelta

from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Member, Signature, Step
from habeas.domain.bulk import Because, Bulk, BulkKind, Selection
from habeas.domain.campaign import Campaign, CampaignEnding, CampaignPlan, Cause, EndingKind
from habeas.domain.ids import AccountId, BatchId
from habeas.domain.imported import Import, ImportOf
from habeas.domain.restriction import Status
from habeas.service.ports import Batch, Store
from tests.builders import NOON, a_decision, a_restriction, an_enriched_event, an_event

DAY = timedelta(days=1)
SIGNED = Signature(Actor("cam", Role.CAMPAIGN_MANAGER), NOON, "as decided")
PLAN = CampaignPlan(
    id="cp_nl",
    title="Exit from the Netherlands",
    areas=("NL",),
    cause=Cause.REGULATION,
    announcement="https://example.com/nl",
    announced_at=NOON,
    withdraw_only_at=NOON + 31 * DAY,
)
CAMPAIGN = Campaign(id=BatchId("cp_nl"), plan=PLAN, drafted=SIGNED)
BULK = Bulk(
    id=BatchId("bk_1"),
    kind=BulkKind.LIFT,
    selection=Selection(reason="KYC_REGION"),
    because=Because.OUR_ERROR,
    proposed=SIGNED,
)
IMPORT = Import(
    id=BatchId("im_1"),
    source="users.csv",
    sha256="00",
    started=SIGNED,
    of=ImportOf.ACCOUNTS,
    signed_by=SIGNED.by,
    step=Step(started_at=NOON, total=3).moved(Member(AccountId("b")), 2, 1),
    undone=SIGNED,
    undo_signed_by=SIGNED.by,
    undo_step=Step(started_at=NOON, total=2).finished(NOON + DAY),
    known_before=1,
)


def keep(store: Store, *batches: Batch) -> None:
    with store.transaction() as work:
        for batch in batches:
            work.set_batch(batch)


def place(store: Store, account: str, *ids: str, batch: str | None, status: Status = Status.ACTIVE) -> None:
    enriched = an_enriched_event(an_event(f"ev-{'-'.join(ids)}", account=account))
    placed = tuple(
        a_restriction(id_, account=AccountId(account), status=status, batch=BatchId(batch) if batch else None)
        for id_ in ids
    )
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, restrictions=placed), "builtin-1")


def test_batches_are_kept_as_they_are(store: Store) -> None:
    keep(store, IMPORT, CAMPAIGN, BULK)
    changed = replace(BULK, signed=SIGNED, step=Step(started_at=NOON, total=3).moved(Member(AccountId("b"), "rs_1"), 2))
    keep(store, changed)
    with store.reading() as reader:
        assert reader.batches() == (changed, CAMPAIGN, IMPORT)
        assert reader.batch(BatchId("bk_1")) == changed
        assert reader.batch(BatchId("bk_2")) is None


def test_a_campaign_is_live_from_its_announcement_until_somebody_signs_its_end(store: Store) -> None:
    def live() -> tuple[Campaign, ...]:
        with store.reading() as reader:
            return reader.live_campaigns()

    keep(store, CAMPAIGN, BULK, IMPORT)
    assert live() == ()
    announced = replace(CAMPAIGN, announced_at=NOON)
    keep(store, announced)
    assert live() == (announced,)
    proposed = replace(announced, ending=CampaignEnding(kind=EndingKind.CANCEL, proposed=SIGNED))
    keep(store, proposed)
    assert live() == (proposed,)
    assert proposed.ending is not None
    keep(store, replace(proposed, ending=replace(proposed.ending, signed=SIGNED)))
    assert live() == ()


def test_members_come_in_order_each_once_and_behind_a_member(store: Store) -> None:
    keep(store, BULK, CAMPAIGN)
    a1, a2, b = Member(AccountId("a"), "rs_1"), Member(AccountId("a"), "rs_2"), Member(AccountId("b"))
    with store.transaction() as work:
        work.add_members(BULK.id, [b, a2])
        work.add_members(BULK.id, [a1, a2])
        work.add_members(CAMPAIGN.id, [Member(AccountId("c"))])
    with store.reading() as reader:
        assert list(reader.members(BULK.id, Member(AccountId("")), 9)) == [a1, a2, b]
        assert list(reader.members(BULK.id, a1, 1)) == [a2]
        assert list(reader.members(BULK.id, b, 9)) == []
        assert [reader.member_count(each) for each in (BULK.id, CAMPAIGN.id, IMPORT.id)] == [3, 1, 0]


def test_what_a_batch_placed_is_found_by_where_it_is_in_its_life(store: Store) -> None:
    keep(store, CAMPAIGN, IMPORT)
    place(store, "b", "rs_b1", "rs_b2", batch="cp_nl")
    place(store, "a", "rs_a", batch="cp_nl")
    place(store, "c", "rs_c", batch="im_1")
    place(store, "d", "rs_d", batch=None)
    first = AccountId("")
    with store.reading() as reader:
        assert list(reader.placed_by(CAMPAIGN.id, Status.ACTIVE, first, 9)) == ["a", "b"]
        assert list(reader.placed_by(CAMPAIGN.id, Status.ACTIVE, AccountId("a"), 9)) == ["b"]
        assert list(reader.placed_by(CAMPAIGN.id, Status.ACTIVE, first, 1)) == ["a"]
        assert list(reader.placed_by(CAMPAIGN.id, Status.LIFTED, first, 9)) == []
        assert reader.placed_counts(CAMPAIGN.id) == {Status.ACTIVE: 3}
        assert reader.placed_counts(IMPORT.id) == {Status.ACTIVE: 1}
    with store.transaction() as work:
        enriched = an_enriched_event(an_event("ev-lift", account="a"))
        over = a_restriction(
            "rs_a", account=AccountId("a"), batch=CAMPAIGN.id, status=Status.LIFTED, ended_at=NOON + DAY
        )
        work.record(enriched, a_decision(enriched, restrictions=(over,)), "builtin-1")
        assert list(work.placed_by(CAMPAIGN.id, Status.ACTIVE, first, 9)) == ["b"]
    with store.reading() as reader:
        assert reader.placed_counts(CAMPAIGN.id) == {Status.ACTIVE: 2, Status.LIFTED: 1}
