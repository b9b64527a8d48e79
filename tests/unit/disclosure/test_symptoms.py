import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.disclosure.symptoms import FILE_BYTES_MAX, Announcement, Result, Status, Symptoms, Tried, read_symptoms
from habeas.domain.errors import BadInputError
from tests.builders import NOON


def read(text: str | bytes, at: datetime = NOON) -> Symptoms:
    return read_symptoms(text if isinstance(text, bytes) else text.encode(), "seen", at)


AS_JSON = """{"ips_tried": {"home": {"result": "denied", "country": "DE", "page": "Region Locked"}, "phone": "ok"},
 "since": "2026-02-20T23:30:00-05:00", "prior_ok": true, "announcement": {"country": "NL", "date": "2026-02-01"},
 "leaps_24h": 2, "kyc_country_status": "unsupported", "recovered_after_h": 5.5, "vpn_asn": false}"""
AS_TOML = """
since = 2026-02-20T23:30:00-05:00
prior_ok = true
announcement = { country = "NL", date = 2026-02-01 }
leaps_24h = 2
kyc_country_status = "unsupported"
recovered_after_h = 5.5
vpn_asn = false
[ips_tried]
home = { result = "denied", country = "DE", page = "Region Locked" }
phone = "ok"
"""


@pytest.mark.parametrize("text", [AS_JSON, AS_TOML, "\ufeff" + AS_JSON, AS_TOML.replace("\n", "\r\n")])
def test_json_and_toml_are_told_apart_by_content_and_say_the_same(text: str) -> None:
    assert read(text) == Symptoms(
        ips_tried={"home": Tried(Result.DENIED, "DE", "Region Locked"), "phone": Result.OK},
        since=date(2026, 2, 21),
        prior_ok=True,
        announcement=Announcement("NL", date(2026, 2, 1)),
        leaps_24h=2,
        kyc_country_status=Status.UNSUPPORTED,
        recovered_after_h=5.5,
        vpn_asn=False,
    )


@pytest.mark.parametrize(
    "text", ['prior_ok = true\nannouncement = "none"', '{"prior_ok": true, "announcement": "none"}']
)
def test_somebody_who_found_no_announcement_can_say_so(text: str) -> None:
    assert read(text).announcement == "none"


BAD: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "names no symptom"),
    "white space": (" \n\t\n", "names no symptom"),
    "an empty object": ("{}", "names no symptom"),
    "a comment": ("# nothing yet", "names no symptom"),
    "prose": ("it does not work", "neither a JSON object nor TOML"),
    "a list": ("[1, 2]", "neither a JSON object nor TOML"),
    "half an object": ('{"prior_ok": ', "neither a JSON object nor TOML"),
    "not a text": (b"\xff\xfe\x00", "neither a JSON object nor TOML"),
    "too deep": ('{"a":' * 50_000, "neither a JSON object nor TOML"),
    "too large": (" " * (FILE_BYTES_MAX + 1), "larger than 256 KiB"),
    "an unknown field": ('{"ip_tried": {}}', "`ip_tried` in `seen` is no symptom; known are ips_tried, since"),
    "an unknown field of many lines": ('{"a\\nb": 1}', "`a b` in `seen` is no symptom"),
    "an unknown field inside": (
        '{"announcement": {"country": "NL", "date": "2026-01-01", "link": ""}}',
        "`announcement` has the unknown field `link`; it must be a table",
    ),
    "a path as a field": ('{"announcement": {"x` - at `$.since": 1}}', "`announcement` "),
    "said twice": ('{"ips_tried": {"home": "ok", "home": "denied"}}', "says `home` twice"),
    "said twice in TOML": ("prior_ok = true\nprior_ok = false", "neither a JSON object nor TOML"),
    "a word for yes": ('{"prior_ok": "yes"}', "`prior_ok` must be true or false"),
    "a result that is none": ('{"ips_tried": {"home": "maybe"}}', '`ips_tried` must be a table of networks, each "ok"'),
    "a list of networks": ('{"ips_tried": ["home"]}', "`ips_tried` must be a table of networks"),
    "a network without a result": ('{"ips_tried": {"home": {"country": "DE"}}}', "`ips_tried` must be"),
    "a country in words": ('{"kyc_country": "Germany"}', "`kyc_country` must be a two-letter country code"),
    "a country that is none": ('{"kyc_country": "ZZ"}', "`ZZ` in kyc_country is no country"),
    "a country of a network": ('ips_tried.home = {result = "denied", country = "QX"}', "`QX` in ips_tried is no"),
    "a day that is none": ('{"since": "last week"}', "`since` must be a day such as"),
    "a time of day": ("since = 10:00:00", "`since` must be a day such as"),
    "half a leap": ('{"leaps_24h": 2.5}', "`leaps_24h` must be a whole number"),
    "hours before zero": ('{"recovered_after_h": -1}', "`recovered_after_h` must be a number of hours"),
    "hours without end": ("recovered_after_h = inf", "`recovered_after_h` must be a number of hours"),
    "no number": ("recovered_after_h = nan", "`recovered_after_h` must be a number of hours"),
    "no number in JSON": ('{"recovered_after_h": NaN}', "`recovered_after_h` must be a number of hours"),
    "a number beyond all": ('{"recovered_after_h": 1' + "0" * 400 + "}", "`recovered_after_h` must be a number"),
    "an announcement in words": ('{"announcement": "yes"}', "`announcement` must be a table"),
    "recovered, and nothing tried": ('{"recovered_after_h": 30}', "something recovered, but no network was denied"),
    "recovered, and nothing refused": (
        '{"ips_tried": {"home": "ok"}, "recovered_after_h": 30}',
        "something recovered, but no network was denied",
    ),
    "nothing refused": ('{"ips_tried": {"home": "ok"}}', "so there is nothing to explain"),
    "region and no region": (
        '{"ips_tried": {"a": {"result": "denied", "page": "region locked"}}, "login_denied_without_region_text": true}',
        "speaks of a region",
    ),
    "a beginning ahead": ('{"since": "2026-03-05"}', "since lies ahead of now"),
    "back before it can be": (
        '{"ips_tried": {"a": "denied"}, "since": "2026-03-02", "recovered_after_h": 72}',
        "it recovered later than now",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_that_says_what_to_correct(case: str) -> None:
    text, words = BAD[case]
    with pytest.raises(BadInputError) as raised:
        read(text)
    said = str(raised.value)
    assert words in said
    assert len(said.splitlines()) == 1
    assert len(said) < 400
    assert not any(name in said for name in ("`bool`", "`str`", "`int`", "`object`", "Traceback"))


def test_a_day_that_has_begun_somewhere_is_not_ahead() -> None:
    assert read('{"since": "2026-03-03"}', datetime(2026, 3, 2, 11, tzinfo=UTC)).since == date(2026, 3, 3)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["ok", "denied", "NL"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["result", "country", "page", "date", "` - at `$.x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_TREES = st.dictionaries(st.sampled_from([*Symptoms.__struct_fields__]), _VALUES, min_size=1, max_size=4)


@given(_TREES.map(json.dumps) | st.text() | st.binary())
def test_whatever_is_in_a_file_is_read_or_refused_in_words(content: str | bytes) -> None:
    said = "read"
    try:
        read(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    except BadInputError as exc:
        said = str(exc)
    assert len(said.splitlines()) == 1
