from datetime import UTC, datetime

import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin, TagRole
from habeas.reference.tags.builtin import builtin_tags
from habeas.reference.tags.forta import MALICIOUS_CONTRACTS, MALICIOUS_LABELS, PHISHING_SCAMS
from habeas.reference.tags.load import load_tags, set_name, tags_format
from tests.unit.reference.tags.packs import BITCOIN, ETHER, HEAD, OTHER, own, read


def test_an_own_incident_names_its_addresses_since_when_and_by_whom() -> None:
    assert (tags_format(own()), set_name(own())) == ("own-toml", "incidents")
    first, second = read(own(), "incidents.toml").tags
    assert (first.chain, first.address, second.address) == ("evm", ETHER.lower(), OTHER.lower())
    assert (first.role, first.origin, first.entry) == (TagRole.PERPETRATOR, TagOrigin.OWN_INCIDENT, "INC-17")
    assert (first.confidence, first.valid_from) == (100, datetime(2026, 11, 20, 18, tzinfo=UTC))


CSV = "address,chain,role,category,label,origin,note,by,valid_to,confidence\n"


def test_the_same_as_csv() -> None:
    row = f"{BITCOIN},btc,perpetrator,theft,case 7,law_enforcement,order 12,olga:sealed_desk,2027-01-01T00:00:00Z,80\n"
    (tag,) = load_tags((CSV + row).encode(), "flags.csv", "flags").tags
    assert (tag.chain, tag.origin, tag.confidence) == ("bitcoin", TagOrigin.LAW_ENFORCEMENT, 80)
    assert tag.valid_to == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (own(note=None), "`note` is missing"),
        (own(by='" "'), "`by` is missing"),
        (own(label='""'), "`label` is missing"),
        (own(origin='"published"'), "`url` is missing"),
        (
            own(origin='"sanction"'),
            "`origin` must be one of law_enforcement, own_incident, published, and is `sanction`",
        ),
        (own(origin='"crowd"'), "`origin` must be one of"),
        (own(head=HEAD.replace('origin = "own_incident"\n', "")), "and is `missing`"),
        (own(chain='"neptune"'), "`neptune` is no chain that is known"),
        (own(chain='"bitcoin"'), f"`{ETHER}` is no address of bitcoin"),
        (own(address='"0x12"'), "`0x12` is no address of evm"),
        (own(address='""'), "it has no `address`"),
        (own(address=f'"0x{40 * "0"}"'), "is the null address, which is nobody's, and no perpetrator"),
        (own(address=f'"0x{"18":0>40}"'), "is an address without a key"),
        (own(address='"0xdAC17F958D2ee523a2206206994597C13D831ec7"'), "is the contract of the token USDT"),
        (own(confidence="101"), "`confidence` is 101; it goes from 0 to 100"),
        (own(valid_from="2026-11-20T18:00:00"), "`valid_from` needs a time zone"),
        (own(valid_to="2026-11-20T18:00:00Z"), "`valid_to` is not after `valid_from`"),
        (own(role='"thief"'), "cannot be read"),
        (own(colour='"red"'), "colour"),
        (HEAD.encode() + b"tag = []\n#\n[[tag]]", "cannot be read"),
        (CSV.encode() + b"a,b\n", "`f`, line 2: has 2 fields where the header has 10; correct it"),
        (CSV.encode() + b"a,b", "`f` is cut off"),
        (CSV.encode() + f"{BITCOIN},btc,thief,a,b,own_incident,n,b,,\n".encode(), "`f`, line 2:"),
        (CSV.replace("label,", "").encode() + b"a\n", "`f` has no column `label`"),
        (CSV.encode(), "`p` has no tags"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(data: bytes, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        load_tags(data, "f", "p")
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("header", "rows", "tags"),
    [
        (MALICIOUS_LABELS, f"{ETHER},Fake_Phishing1,etherscan-phish-hack-list", [("Fake_Phishing1", "phishing")]),
        (PHISHING_SCAMS, f"{ETHER},Fake_Phishing1,phish-hack,False", [("Fake_Phishing1", "phishing")]),
        (
            MALICIOUS_CONTRACTS,
            f"{ETHER},Exploiter,{OTHER},",
            [("Exploiter", "service_hack"), ("creator of a malicious contract", "service_hack")],
        ),
    ],
)
def test_fortas_lists_are_the_word_of_the_crowd(
    header: tuple[str, ...], rows: str, tags: list[tuple[str, str]]
) -> None:
    read_tags = read(f"{','.join(header)}\n{rows}\n".encode(), "forta.csv").tags
    assert [(tag.label, tag.category) for tag in read_tags] == tags
    assert {(tag.origin, tag.confidence) for tag in read_tags} == {(TagOrigin.CROWD, 20)}


def test_what_comes_with_habeas_knows_when_tornado_cash_was_listed() -> None:
    mixer = [tag for tag in builtin_tags().tags if tag.address == "0x910cbd523d972eb0a6f4cae4618ad62622b39dbf"]
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def roles(moved_at: datetime) -> set[TagRole]:
        return {tag.role for tag in mixer if tag.holds(moved_at, now)}

    assert roles(datetime(2022, 8, 7, 23, tzinfo=UTC)) == {TagRole.SERVICE}
    assert roles(datetime(2022, 8, 8, tzinfo=UTC)) == {TagRole.SERVICE, TagRole.PERPETRATOR}
    assert roles(datetime(2025, 3, 20, 23, tzinfo=UTC)) == {TagRole.SERVICE, TagRole.PERPETRATOR}
    assert roles(datetime(2025, 3, 21, tzinfo=UTC)) == {TagRole.SERVICE}
    assert not any(
        tag.holds(datetime(2022, 8, 8, tzinfo=UTC), datetime(2022, 8, 7, tzinfo=UTC)) and tag.entry for tag in mixer
    )
