"""Reading a file of tags succeeds or refuses in one sentence, whatever became of its bytes."""

from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin, TagRole
from habeas.reference.tags.load import FORMATS
from habeas.reference.tags.making import TagSet
from tests.properties.canary import catches
from tests.unit.reference.tags.packs import BITCOIN, ETHER, a_pack, own

FILES = [
    a_pack(
        f"address: '{ETHER}'; abuse: scam; concepts: [a]; lastmod: 2026-01-02", f"address: {BITCOIN}; currency: BTC"
    ),
    own(),
    b"address,currency,category,label,confidence,lastmod,source,pack\n"
    + f"{ETHER},ETH,scam,x,forensic,2026-01-02,https://x,p\n".encode(),
    f"address,etherscan_tag,etherscan_labels,is_contract\n{ETHER},x,phish-hack,False\n".encode(),
    f"address,chain,role,category,label,origin,note,by\n{BITCOIN},btc,victim,a,b,own_incident,n,b\n".encode(),
]
pieces = st.one_of(
    st.binary(max_size=8), st.sampled_from([b"", b": ", b"- ", b"[", b'"', b"&a ", b"*a", b",", b"\n", b"~"])
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        data = data[:start] + draw(pieces) + data[end:]
    return data


def check(data: bytes, format_: str, *, names_all: bool = False) -> None:
    try:
        read: TagSet = FORMATS[format_].parse(data, "f", "p", None)
    except BadInputError as exc:
        refused = str(exc)
    else:
        refused = ""
        assert read.tags
        _check_tags(read, names_all=names_all)
    assert "\n" not in refused


def _check_tags(read: TagSet, *, names_all: bool) -> None:
    for tag in read.tags:
        assert tag.address
        assert 0 <= tag.confidence <= 100
        assert names_all is False or tag.role is TagRole.PERPETRATOR
        # Nothing that is wrong with a file makes it the word of a list.
        assert tag.origin is not TagOrigin.SANCTION


@given(damaged(), st.sampled_from(sorted(FORMATS)))
def test_whatever_the_bytes_a_file_of_tags_is_read_or_refused_in_one_sentence(data: bytes, format_: str) -> None:
    check(data, format_)


def test_the_check_can_fail() -> None:
    def wrong(data: bytes, format_: str) -> None:
        check(data, format_, names_all=True)

    assert catches(wrong, damaged(), st.sampled_from(sorted(FORMATS)))
