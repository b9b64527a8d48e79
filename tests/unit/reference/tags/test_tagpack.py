from datetime import date

import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin, TagRole
from habeas.reference.tags.load import tags_format
from habeas.reference.tags.roles import _CATEGORIES, CONFIDENCE, ROLES, judged
from habeas.reference.tags.yaml_tree import read_yaml
from tests.unit.reference.tags.packs import BITCOIN, ETHER, OTHER, a_pack, read


def test_an_entry_says_what_the_head_says_unless_it_says_otherwise() -> None:
    head = "currency: ETH\nsource: https://example.org\nlabel: Thieves\nabuse: scam\nconfidence: forensic\nlastmod: 2026-01-02"
    pack = a_pack(
        f"address: '{ETHER}'", f"address: {BITCOIN}; currency: BTC; label: Ransom; abuse: ransomware", head=head
    )
    first, second = read(pack).tags
    assert (first.chain, first.address, first.label, first.category) == ("evm", ETHER.lower(), "Thieves", "scam")
    assert (first.confidence, first.origin, first.url) == (50, TagOrigin.PUBLISHED, "https://example.org")
    assert (second.chain, second.address, second.label, second.category) == ("bitcoin", BITCOIN, "Ransom", "ransomware")
    assert first.role is second.role is TagRole.PERPETRATOR


def test_a_pack_is_as_of_the_last_day_on_which_anything_in_it_changed() -> None:
    pack = read(a_pack(f"address: '{ETHER}'; abuse: scam; lastmod: 2026-03-04 12:18:52.619444", f"address: '{OTHER}'"))
    assert pack.as_of == date(2026, 3, 4)
    assert pack.version.startswith("2026-03-04.")
    assert pack.tags[0].source == f"p@{pack.version}"


def test_an_address_that_is_not_quoted_stays_as_it_is_written() -> None:
    (tag,) = read(a_pack("address: 0x0000005acc84a3e955bdd76467d3348077d003f0; abuse: scam")).tags
    assert tag.address == "0x0000005acc84a3e955bdd76467d3348077d003f0"


def test_the_network_tells_the_chain_of_a_token() -> None:
    (tag,) = read(a_pack(f"address: '{ETHER}'; currency: USDT; network: ETH; abuse: scam", head="source: s")).tags
    assert tag.chain == "evm"


@pytest.mark.parametrize(("word", "figure"), [("ownership", 100), ("authority_data", 60), ("web_crawl", 20), ("", 5)])
def test_words_of_confidence_have_the_figures_of_graphsense(word: str, figure: int) -> None:
    confidence = f"; confidence: {word}" if word else ""
    assert read(a_pack(f"address: '{ETHER}'; abuse: scam{confidence}")).tags[0].confidence == figure
    assert CONFIDENCE["untrusted_transaction"] == 40


# --- roles


@pytest.mark.parametrize(
    ("abuse", "category", "concepts", "word", "role"),
    [
        ("scam", "", (), "scam", TagRole.PERPETRATOR),
        ("pyramid_scheme", "service", (), "pyramid_scheme", TagRole.PERPETRATOR),
        ("", "exchange", (), "exchange", TagRole.SERVICE),
        ("service_hack", "exchange", (), "exchange", TagRole.SERVICE),
        ("service_hack", "", (), "service_hack", TagRole.PERPETRATOR),
        ("", "", ("other", "mixing_service"), "mixing_service", TagRole.SERVICE),
        ("", "user", (), "user", None),
        ("brand_new_crime", "", (), "brand_new_crime", None),
        ("", "", (), "", None),
    ],
)
def test_an_abuse_says_more_than_a_category_and_a_service_that_was_hacked_stays_one(
    abuse: str, category: str, concepts: tuple[str, ...], word: str, role: TagRole | None
) -> None:
    assert judged(abuse, category, concepts, "https://example.org") == (word, role)


def test_every_category_has_one_role() -> None:
    assert sum(map(len, _CATEGORIES.values())) == len(ROLES)
    assert set(_CATEGORIES) == set(TagRole)


def test_a_category_that_is_not_known_makes_nobody_a_perpetrator_and_is_counted() -> None:
    pack = read(
        a_pack(f"address: '{ETHER}'; abuse: new_crime", f"address: '{OTHER}'; abuse: new_crime; confidence: sure")
    )
    assert {tag.role for tag in pack.tags} == {TagRole.SERVICE}
    assert {tag.category for tag in pack.tags} == {"new_crime"}
    assert pack.notes == (
        "2 tags are of a category that is not known (`new_crime` 2): kept as services, at which tracing stops",
        "1 tags have a confidence that is not known (`sure` 1): kept as the least sure",
    )


def test_a_copy_of_ofacs_list_that_says_user_means_who_is_listed_and_is_no_sanctions_list() -> None:
    head = "currency: ETH\ncategory: user\nsource: https://www.treasury.gov/ofac/downloads/sdnlist.txt"
    (tag,) = read(a_pack(f"address: '{ETHER}'", head=head)).tags
    assert (tag.role, tag.category, tag.confidence, tag.origin) == (
        TagRole.PERPETRATOR, "sanction", 60, TagOrigin.PUBLISHED,
    )  # fmt: skip


def test_what_is_there_twice_is_kept_once_and_tags_of_transactions_are_left_out() -> None:
    pack = read(a_pack(f"address: '{ETHER}'; abuse: scam", f"address: '{ETHER.lower()}'; abuse: scam", "tx_hash: ab"))
    assert len(pack.tags) == 1
    assert pack.notes == (
        "1 tags are of transactions, which are left out",
        "1 tags are there twice, and kept once",
    )


def test_an_address_without_a_known_form_is_kept_as_it_is_written() -> None:
    pack = read(a_pack("address: vuniyuoxoeub; currency: EOS; category: exchange"))
    assert (pack.tags[0].chain, pack.tags[0].address) == ("", "vuniyuoxoeub")
    assert "`vuniyuoxoeub`: found only when they are spelled alike" in pack.notes[0]


# --- what is refused

GOOD = f"address: '{ETHER}'; abuse: scam"


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (a_pack(GOOD, "label: x"), "`p.yaml`, entry 2 (line 8): it has no `address`; say which address is meant"),
        (
            a_pack(GOOD, head="currency: ETH"),
            "`p.yaml`, entry 1 (line 5): it has no `source`; say where the tag comes from",
        ),
        (a_pack(f"address: {'1' * 200}"), f"`p.yaml`, entry 1 (line 6): `{'1' * 40}` is no address; correct it"),
        (a_pack(f"address: '{ETHER}'; label: [a]"), "`p.yaml`, entry 1 (line 6): `label` must be one text"),
        (a_pack(f"address: '{ETHER}'; concepts: a"), "`p.yaml`, entry 1 (line 6): `concepts` must be a list of words"),
        (
            a_pack(f"{GOOD}; lastmod: tomorrow"),
            "`p.yaml`, entry 1 (line 6): `lastmod` `tomorrow` is no day; write it like 2026-11-22",
        ),
        (a_pack(GOOD, ETHER), "`p.yaml`, entry 2: is no tag; write `address:` and what is said of it"),
        (a_pack(), "`p.yaml` has no list of `tags`, so it is no TagPack; check which file it is"),
        (a_pack("tx_hash: ab"), "`p` has no tags of addresses; fetch it again"),
        (a_pack(f"{GOOD}; label: 'open"), "line"),
    ],
)
def test_bad_packs_are_refused_in_one_sentence_with_the_entry(pack: bytes, why: str) -> None:
    if tags_format(pack) is None:
        pack += b"# address:\n"
    with pytest.raises(BadInputError) as refused:
        read(pack)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a: &x [b]\nc: *x\n", "`f`, line 2: an alias (`*name`) is not read; write the value out"),
        (b"[" * 200_000, "`f`, line 1: more than 8 levels inside each other are not read"),
        (b"- " * 200_000, "`f`, line 1: more than 8 levels inside each other are not read"),
        (b"a: 1\na: 2\n", "`f`, line 2: `a` is there twice; leave one of them out"),
        (b"{[a]: 1}", "`f`, line 1: a key must be a text"),
        (b"a: 1\n---\nb: 2\n", "`f` holds several documents; give each a file of its own"),
        (b"", "`f` is empty; fetch it again"),
        (b"a: [b\n", "cannot be read as YAML"),
        (b"\x80\x81", "`f`: cannot be read as YAML: is no text in UTF-8; correct it or fetch it again"),
    ],
)
def test_yaml_that_could_do_harm_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_yaml(data, "f")
    assert why in str(refused.value)


def test_yaml_is_read_for_its_texts() -> None:
    assert read_yaml(b'a: 0x12\nb: NO\nc: 2026-11-22\nd: ~\ne: !!python/name:os.system ""\n', "f") == {
        "a": "0x12", "b": "NO", "c": "2026-11-22", "d": "~", "e": "",
    }  # fmt: skip
