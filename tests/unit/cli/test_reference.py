"""`habeas reference` and `habeas doctor`: what they load, what they refuse, and that running processes take it over."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from habeas.cli import wiring
from habeas.store.migrations import PUBLIC, scripts
from tests.real_data import FOLDER as REAL
from tests.real_data import needs
from tests.unit.cli.conftest import Ran, Run
from tests.unit.reference.geo_files import a_flat, a_nested, a_part, an_mmdb
from tests.unit.reference.sanctions.files import ADD, ALT, ETHER, EU_XML, SDN_XML, UN_XML, a_row, an_sdn

needs_real_files = needs(REAL)

WALLET = "XBT 149w62rY42aZBox8fGcmqNsXUzSStKeq8C"
OVERRIDES = """
[[override]]
id = "office"
prefix = "84.128.10.0/24"
area = "AT"
until = 2999-01-01T00:00:00Z
note = "our own office in Vienna"
by = "jane:analyst"
"""


@pytest.fixture
def a_file(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def write(name: str, data: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


File = Callable[[str, bytes | str], Path]


def current(run: Run) -> dict[str, dict[str, Any]]:
    return {row["kind"]: row for row in run("reference", "status", "--json").json() if row["state"] == "current"}


def send(run: Run, tmp_path: Path, *events: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"specversion": "1.0", "source": "urn:exchange", "time": "2026-03-02T12:00:00Z"}
    lines = [json.dumps(base | {"id": f"e-{number}"} | event) for number, event in enumerate(events)]
    (tmp_path / "events.ndjson").write_text("\n".join(lines))
    ran = run("ingest", tmp_path / "events.ndjson", "--json")
    assert ran.err == ""
    return ran.json()


def a_withdrawal(address: str, asset: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "withdrawal.requested",
        "subject": "ana",
        "data": {"asset": asset, "amount": "1", "usd": "100", "address": address} | more,
    }


# --- what a fresh store has ------------------------------------------------------------------------------------------


def test_a_fresh_store_says_what_comes_with_habeas(run: Run) -> None:
    rows = run("reference", "status", "--json").json()
    assert [(row["kind"], row["state"]) for row in rows] == [
        ("places.country", "built in"),
        ("sanctions.OFAC-SDN-SAMPLE", "built in"),
    ]
    assert rows[0]["as_of"] == "2024-06-18"
    assert "of 2024" in rows[0]["source"]
    assert all(row["entries"] for row in rows)
    assert "built in" in run("reference", "status").out


@pytest.mark.row("A005")
def test_a_fresh_store_finds_a_wallet_of_the_built_in_list(run: Run, tmp_path: Path) -> None:
    (outcome,) = send(run, tmp_path, a_withdrawal(ETHER.lower(), "ETH"))
    assert outcome["verdict"]["level"] == "DENY"
    assert outcome["signals"][0]["evidence"]["list"] == "OFAC-SDN-SAMPLE"
    ran = run("check", "ana", "withdraw_crypto", "--destination", ETHER, "--asset", "ETH", "--json")
    assert ran.json()[0]["level"] == "DENY"
    assert run("check", "ana", "withdraw_crypto", "--destination", "0x" + 40 * "1", "--asset", "ETH").out.startswith(
        "withdraw_crypto: HOLD"  # of an account that only ever asked for a withdrawal nothing is known
    )


# --- loading ---------------------------------------------------------------------------------------------------------


KNOWN: dict[str, tuple[str, bytes | str, str, int]] = {
    "OFAC csv": ("sdn_2026-11-20.csv", an_sdn(), "sanctions.OFAC-SDN", 1),
    "OFAC xml": ("sdn.xml", SDN_XML, "sanctions.OFAC-SDN", 2),
    "UN": ("un.xml", UN_XML, "sanctions.UN-SC", 2),
    "EU": ("eu.xml", EU_XML, "sanctions.EU-FSF", 0),
    "wallets": ("sanctioned_addresses_ETH.txt", f"{ETHER}\n", "wallets.ETH", 1),
    "networks": ("x4b-vpn-ipv4.txt", "198.51.100.0/24\n2001:db8::/32\n", "networks.x4b-vpn-ipv4", 2),
    "tor": ("tor-exits-20260822.txt", "198.51.100.7\n", "networks.tor-exits", 1),
    "misp": (
        "relay.json",
        json.dumps({"name": "iCloud Private Relay", "type": "cidr", "version": 20260811, "list": ["198.51.100.0/24"]}),
        "networks.relay",
        1,
    ),
    "overrides": ("corrections.toml", OVERRIDES, "overrides", 1),
}


@pytest.mark.parametrize("format_", KNOWN)
def test_a_file_is_recognised_by_its_content(run: Run, a_file: File, format_: str) -> None:
    name, data, kind, entries = KNOWN[format_]
    ran = run("reference", "load", a_file(name, data), "--as", "olga:sanctions_officer", "--json")
    assert (ran.code, ran.err) == (0, "")
    (row,) = ran.json()
    loaded = current(run)[row["kind"]]
    assert loaded["by"] == "olga:sanctions_officer"
    assert loaded["version"] == row["version"]
    if entries:
        assert (row["kind"], row["entries"]) == (kind, entries)
    assert run("doctor").code in (0, 1)


@pytest.mark.row("B009")
def test_databases_of_places_are_loaded_and_every_event_names_their_version(run: Run, tmp_path: Path) -> None:
    country = an_mmdb(tmp_path / "c.mmdb", {"84.128.0.0/16": a_nested("AT")}, type_="Test-Country")
    city = an_mmdb(
        tmp_path / "city.mmdb",
        {"95.165.0.0/16": a_flat("RU", state1="Moscow", city="Moscow", latitude="55.7", longitude="37.6")},
    )
    assert [row["kind"] for row in run("reference", "load", country, city, "--json").json()] == [
        "places.country",
        "places.city",
    ]
    run("reference", "load", country, "--kind", "places.second")

    login = {"type": "login.succeeded", "subject": "ana", "data": {"ip": "84.128.10.10", "device": "d"}}
    send(run, tmp_path, login)
    place = run("account", "ana", "--json").json()[0]["events"][0]["facts"]["place"]
    assert place["area"] == "AT"
    assert place["sources"] == ["Test-Country of 2026-08-01"]
    assert set(current(run)) == {"places.country", "places.city", "places.second"}


def test_a_database_of_ipv6_alone_goes_beside_one_of_ipv4(run: Run, tmp_path: Path) -> None:
    four = an_mmdb(tmp_path / "four.mmdb", {"84.128.0.0/16": a_nested("AT")})
    six = an_mmdb(tmp_path / "six.mmdb", {"2001:db8::/32": a_nested("NZ")}, ip_version=6)
    kinds = [row["kind"] for row in run("reference", "load", four, six, "--json").json()]
    assert kinds == ["places.country", "places.country.ipv6"]
    with wiring.opened_store(None) as store:
        places = [wiring.library(store).place(ip) for ip in ("84.128.1.1", "2001:db8::1")]
    assert [place.area for place in places if place] == ["AT", "NZ"]


def test_ofacs_files_are_joined_to_one_list(run: Run, a_file: File) -> None:
    files = a_file("sdn.csv", an_sdn()), a_file("alt.csv", ALT), a_file("add.csv", ADD)
    (row,) = run("reference", "load", *files, "--json").json()
    assert (row["kind"], row["source"]) == ("sanctions.OFAC-SDN", "sdn.csv, alt.csv, add.csv")


BROKEN: dict[str, tuple[str, bytes | str, str]] = {
    "a changed header": ("sdn.csv", b"id,name,what\r\n1,DOE,x\r\n\x1a", "no sanctions list in a known format"),
    "a spreadsheet's header": (
        "sdn.csv",
        b"ent_num,SDN_Name,SDN_Type,Program,Title,Call_Sign,Vess_type,Tonnage,GRT,Vess_flag,Vess_owner,Remarks\r\n"
        + an_sdn(),
        "begins with a header",
    ),
    "a truncated csv": ("sdn.csv", an_sdn()[:-20], "cut off"),
    "a truncated xml": ("sdn.xml", SDN_XML[:-200], "cut off or damaged"),
    "a web page": ("sdn.csv", b"<!DOCTYPE html><html><body>Forbidden</body></html>", "web page"),
    "an empty file": ("sdn.csv", b"", "empty"),
    "a compressed file": ("sdn.csv.gz", b"\x1f\x8b\x08\x00abcdefgh", "compressed"),
    "aliases alone": ("alt.csv", ALT, "load both together"),
    "a truncated mmdb": ("city.mmdb", b"\x00" * 4000, "no `.mmdb` file, or a damaged one"),
    "wallets cut off": ("sanctioned_addresses_ETH.txt", ETHER + "\n" + ETHER[:30], "cut off"),
    "networks cut off": ("vpn.txt", "198.51.100.0/24\n198.51.10", "cut off"),
    "networks with a slip": ("vpn.txt", "198.51.100.0/24\n0.0.0.0/0\n", "line 2"),
    "networks of no kind": ("my-list.txt", "198.51.100.0/24\n", "does not tell its tag"),
    "AS numbers": ("vpn-asn.txt", "AS9009 # M247\n", "--asn"),
    "overrides without an end": ("o.toml", OVERRIDES.replace("until", "till"), "overrides cannot be read"),
    "overrides too wide": ("o.toml", OVERRIDES.replace("84.128.10.0/24", "0.0.0.0/0"), "too wide"),
    "anything else": ("notes.txt", "hello world\n", "no sanctions list in a known format"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_whole_and_nothing_of_the_others_is_loaded(run: Run, a_file: File, case: str) -> None:
    name, data, words = BROKEN[case]
    good = a_file("sanctioned_addresses_XBT.txt", WALLET.partition(" ")[2] + "\n")
    run("reference", "load", good)
    before = run("reference", "status", "--json").out
    other = a_file("sanctioned_addresses_LTC.txt", "LLeUKQ4D2iuQNvoXpdpSdrGFvPWSKKGeuU\n")

    ran = run("reference", "load", other, a_file(name, data))

    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert run("reference", "status", "--json").out == before


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("load", "nowhere.csv"), "cannot read `nowhere.csv`"),
        (("load", "vpn.txt", "--kind", "moon.phases"), "is no kind of reference set"),
        (("load", "vpn.txt", "--kind", "places.country"), "belongs to networks and cannot be `places.country`"),
        (("load", "vpn.txt", "--tag", "fast"), "is no tag of networks"),
        (("load", "vpn.txt", "--as-of", "yesterday"), "is no day"),
        (("load", "vpn.txt", "tor-list.txt", "--kind", "networks.x"), "two of the files would both be `networks.x`"),
        (("remove", "networks.x"), "there is no `networks.x` in use"),
        (("diff", "networks.x"), "is no file and no version that is stored"),
        (("diff", "networks.x@1", "vpn.txt"), "is no file and no version that is stored"),
        (("diff", "vpn.txt", "sdn.csv"), "are of different sorts"),
        (
            ("override", "add", "1.2.3.0/24", "--area", "DE", "--note", "why", "--as", "jane:analyst"),
            "--for or --until",
        ),
        (("override", "remove", "ov-9", "--note", "why", "--as", "jane:analyst"), "no correction `ov-9`"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(run: Run, a_file: File, args: tuple[str, ...], words: str) -> None:
    a_file("vpn.txt", "198.51.100.0/24\n")
    a_file("tor-list.txt", "198.51.100.1\n")
    a_file("sdn.csv", an_sdn())
    ran = run("reference", *args)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_database_of_another_type_is_refused(run: Run, tmp_path: Path) -> None:
    asn = an_mmdb(tmp_path / "asn.mmdb", {"1.0.0.0/24": {"autonomous_system_number": 1}}, type_="GeoLite2-ASN")
    ran = run("reference", "load", asn)
    assert ran.code == 2
    assert "does not say in which country" in ran.err


def test_a_database_that_is_not_the_one_that_its_digest_names_is_refused(run: Run, tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "c.mmdb", {"84.128.0.0/16": a_nested("AT")})
    (tmp_path / "c.mmdb.sha256").write_text(f"{'0' * 64}  c.mmdb\n")
    assert "download both again" in run("reference", "load", path).err


def test_lists_of_as_numbers_are_expanded_by_a_database(run: Run, a_file: File, tmp_path: Path) -> None:
    asn = an_mmdb(
        tmp_path / "asn.mmdb",
        {"198.51.100.0/24": {"autonomous_system_number": 9009}, "1.0.0.0/24": {"autonomous_system_number": 1}},
        type_="GeoLite2-ASN",
    )
    (row,) = run("reference", "load", a_file("vpn-asn.txt", "AS9009 # M247\n"), "--asn", asn, "--json").json()
    assert (row["kind"], row["entries"]) == ("networks.vpn-asn", 1)


def test_a_list_that_shrank_is_taken_for_a_part_unless_somebody_says_that_it_is_right(run: Run, a_file: File) -> None:
    whole = a_file("vpn.txt", "".join(f"198.51.{n}.0/24\n" for n in range(20)))
    run("reference", "load", whole)
    part = a_file("vpn.txt", "198.51.1.0/24\n")
    ran = run("reference", "load", part)
    assert ran.code == 2
    assert "has 20 entries and would have 1" in ran.err
    assert run("reference", "load", part, "--smaller").code == 0
    assert current(run)["networks.vpn"]["entries"] == 1


def test_the_same_file_again_is_no_new_version_and_a_corrected_tag_is_one(run: Run, a_file: File) -> None:
    path = a_file("ours.txt", "198.51.100.0/24\n")
    for tag in ("vpn", "vpn", "hosting"):
        assert run("reference", "load", path, "--tag", tag).code == 0
    assert len([r for r in run("reference", "status", "--json").json() if r["kind"] == "networks.ours"]) == 2


def test_a_set_that_is_removed_is_not_looked_up_in(run: Run, a_file: File) -> None:
    run("reference", "load", a_file("tor.txt", "198.51.100.7\n"))
    assert run("reference", "remove", "networks.tor").code == 0
    assert current(run) == {}


# --- differences -----------------------------------------------------------------------------------------------------


def test_two_files_are_compared_in_words(run: Run, a_file: File) -> None:
    old = a_file("old.csv", an_sdn(a_row(1), a_row(2, name="ROE, Jane")))
    new = a_file("new.csv", an_sdn(a_row(1, programme="DPRK3"), a_row(3, name="NEW, Man")))
    found = run("reference", "diff", old, new, "--json").json()[0]
    assert found["added"] == ["3 NEW, Man"]
    assert found["removed"] == ["2 ROE, Jane"]
    assert found["changed"] == [
        {"entry": "1 DOE, John", "changes": ["programme `DPRK3` added", "programme `CYBER2` removed"]}
    ]
    assert "1 added, 1 removed, 1 changed" in run("reference", "diff", old, new).out


def test_a_file_is_compared_with_the_current_version_and_stored_versions_with_each_other(
    run: Run, a_file: File
) -> None:
    first = a_file("vpn_2026-11-01.txt", "198.51.100.0/24\n")
    second = a_file("vpn_2026-11-02.txt", "198.51.100.0/24\n203.0.113.0/24\n")
    assert run("reference", "diff", first, "--json").json()[0]["added"] == ["198.51.100.0/24"]
    run("reference", "load", first)
    assert run("reference", "diff", second, "--json").json()[0]["added"] == ["203.0.113.0/24"]
    run("reference", "load", second)
    found = run("reference", "diff", "networks.vpn", "networks.vpn@2026-11-01", "--json").json()[0]
    assert (found["added"], found["removed"]) == ([], ["203.0.113.0/24"])


# --- overrides -------------------------------------------------------------------------------------------------------


@pytest.mark.row("B029")
def test_a_misread_range_is_corrected_for_a_while_with_a_note_and_a_name(run: Run, tmp_path: Path) -> None:
    cuba = "152.206.1.1"
    assert run("check", "ana", "view", "--ip", cuba, "--json").json()[0]["level"] == "DENY"

    added = run(
        *("reference", "override", "add", "152.206.0.0/16", "--area", "DE", "--for", "30d"),
        *("--note", "the range was sold, case 17", "--as", "jane:analyst", "--json"),
    ).json()[0]
    assert (added["id"], added["by"]) == ("ov-1", "jane:analyst")
    assert run("check", "ana", "view", "--ip", cuba, "--json").json()[0]["level"] == "ALLOW"
    assert "152.206.0.0/16 is in DE until" in run("reference", "override", "list").out

    login = {"type": "login.succeeded", "subject": "ana", "data": {"ip": cuba, "device": "d"}}
    send(run, tmp_path, login)
    assert run("account", "ana", "--json").json()[0]["events"][0]["facts"]["place"]["sources"][0] == "override/ov-1"

    words = "--note", "it was not", "--as", "tom:analyst"
    assert run("reference", "override", "remove", "ov-1", *words).code == 0
    assert run("check", "ana", "view", "--ip", cuba, "--json").json()[0]["level"] == "DENY"
    assert run("reference", "override", "list").out == "none\n"
    (ended,) = run("reference", "override", "list", "--all", "--json").json()
    assert "ended by tom:analyst: it was not" in ended["note"]


def test_an_override_ends_by_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "--note", "a trial", "--as", "jane:analyst"
    run("reference", "override", "add", "152.206.0.0/16", "--area", "DE", "--for", "1h", *words)
    assert run("check", "ana", "view", "--ip", "152.206.1.1", "--json").json()[0]["level"] == "ALLOW"
    later = datetime.now(UTC) + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(wiring, "now", lambda: later)
    assert run("check", "ana", "view", "--ip", "152.206.1.1", "--json").json()[0]["level"] == "DENY"
    assert run("reference", "override", "list").out == "none\n"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("1.2.3.0/24", "--area", "Germany"), 2, "no country like `DE`"),
        (("1.2.3.4/24", "--area", "DE"), 2, "write the network"),
        (("0.0.0.0/0", "--area", "DE"), 2, "too wide"),
        (("1.2.3.0/24", "--area", "DE", "--as", "fred:frontline"), 1, "the role frontline does not correct places"),
    ],
)
def test_an_override_that_cannot_be_is_refused(run: Run, args: tuple[str, ...], code: int, words: str) -> None:
    who = () if "--as" in args else ("--as", "jane:analyst")
    ran = run("reference", "override", "add", *args, "--for", "1d", "--note", "a reason", *who)
    assert ran.code == code
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert run("reference", "override", "list").out == "none\n"


# --- doctor ----------------------------------------------------------------------------------------------------------


def checks(ran: Ran) -> dict[str, tuple[str, str]]:
    return {check["what"]: (check["finding"], check["says"]) for check in ran.json()[0]["checks"]}


def test_the_doctor_is_content_with_a_fresh_store_and_names_the_built_in_data(run: Run) -> None:
    ran = run("doctor", "--json")
    found = checks(ran)
    assert ran.code == 0
    assert found["key file"][1].endswith("mode 0600")
    assert found["places.country"][0] == "notice"
    assert "2024" in found["places.country"][1]
    assert f"schema {len(scripts(PUBLIC))}" in found["store"][1]
    assert "playbook" in found


def test_the_doctor_finds_what_is_stale(run: Run, a_file: File) -> None:
    run("reference", "load", a_file("vpn.txt", "198.51.100.0/24\n"), "--as-of", "2026-01-01")
    ran = run("doctor", "--json", "--stale-after", "10d")
    assert ran.code == 1
    assert checks(ran)["networks.vpn"] == (
        "fault",
        "version 2026-01-01 is of 2026-01-01 or earlier, more than 10 days; load a newer one",
    )
    assert run("doctor", "--stale-after", "90000d").code == 0


def test_the_doctor_finds_a_key_file_that_others_may_read(run: Run, tmp_path: Path) -> None:
    run("doctor")
    (tmp_path / "habeas.db.key").chmod(0o644)
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert "set it to 0600" in checks(ran)["key file"][1]


def test_the_doctor_finds_a_store_that_cannot_be_opened_and_a_playbook_that_cannot_be_used(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("doctor")
    (tmp_path / "habeas.db.key").unlink()
    ran = run("doctor", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert checks(ran)["store"][0] == "fault"
    monkeypatch.setenv("HABEAS_PLAYBOOK", "nowhere.toml")
    assert checks(run("doctor", "--json"))["playbook"][0] == "fault"


def test_the_doctor_finds_a_set_that_cannot_be_used(run: Run, a_file: File, tmp_path: Path) -> None:
    import sqlite3

    run("reference", "load", a_file("tor.txt", "198.51.100.7\n"))
    connection = sqlite3.connect(tmp_path / "habeas.db")
    with connection:
        connection.execute("UPDATE reference_set SET content = x'00'")
    connection.close()
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert "the stored content of `networks.tor` is damaged" in checks(ran)["reference sets in use"][1]


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for command in (
        *("status", "load", "diff", "remove", "override add", "override list", "override remove"),
        "doctor",
    ):
        words = (command,) if command == "doctor" else ("reference", *command.split())
        assert "Example: habeas" in run(*words, "--help").out, command


# --- other processes, and real files ---------------------------------------------------------------------------------


def test_a_running_process_takes_over_what_another_one_loads(run: Run, a_file: File) -> None:
    wallets = a_file("sanctioned_addresses_LTC.txt", "LLeUKQ4D2iuQNvoXpdpSdrGFvPWSKKGeuU\n")
    with wiring.opened_store(None) as store:
        library = wiring.library(store)
        assert library.wallets("LTC", "LLeUKQ4D2iuQNvoXpdpSdrGFvPWSKKGeuU") == ()
        loading = subprocess.run(
            [sys.executable, "-m", "habeas", "reference", "load", str(wallets)], capture_output=True, check=False
        )
        assert loading.returncode == 0, loading.stderr
        time.sleep(1.0)
        (hit,) = library.wallets("litecoin", "LLeUKQ4D2iuQNvoXpdpSdrGFvPWSKKGeuU")
    assert hit.list == "WALLETS-LTC"
    assert hit.version.startswith("WALLETS-LTC@")


@needs_real_files
@pytest.mark.row("A005", "B009")
def test_real_files_are_loaded_and_every_listed_wallet_is_found(run: Run) -> None:
    geo, sanctions = REAL / "geo", REAL / "sanctions"
    files = [
        sanctions / "ofac" / "sdn_2024-05-03.csv",
        *sorted((sanctions / "wallets").glob("*.txt")),
        *sorted(geo.glob("x4b-*ipv?.txt")),
        geo / "x4b-apple-relay.txt",
        geo / "tor-exits-20260822.txt",
        geo / "misp-icloud-private-relay.json",
        geo / "maxmind-test" / "GeoLite2-City-Test.mmdb",
        geo / "maxmind-test" / "GeoLite2-Country-Test.mmdb",
    ]
    ran = run("reference", "load", *files, "--json")
    assert (ran.code, ran.err) == (0, "")
    loaded = {row["kind"]: row for row in ran.json()}
    assert loaded["sanctions.OFAC-SDN"]["entries"] == 14_965
    assert loaded["sanctions.OFAC-SDN"]["as_of"] == "2024-05-03"
    assert {"places.city", "places.country", "networks.tor-exits", "networks.x4b-vpn-ipv4", "wallets.XBT"} <= set(
        loaded
    )

    wallets = [
        (path.stem.rpartition("_")[2], address)
        for path in (sanctions / "wallets").glob("*.txt")
        for address in path.read_text().split()
    ]
    assert len(wallets) == 654
    with wiring.opened_store(None) as store:
        library = wiring.library(store)
        assert [pair for pair in wallets if not library.wallets(None, pair[1], pair[0])] == []
        place, tor = library.place("81.2.69.142"), library.place("102.130.113.9")
    assert place is not None
    assert place.sources[0] == "GeoLite2-Country of 2026-02-04"
    assert tor is None or "tor" in tor.tags


@needs_real_files
@pytest.mark.row("A005")
def test_a_withdrawal_to_every_real_listed_wallet_is_denied(run: Run, tmp_path: Path) -> None:
    folder = REAL / "sanctions" / "wallets"
    run("reference", "load", *sorted(folder.glob("*.txt")))
    events = [
        a_withdrawal(address, path.stem.rpartition("_")[2]) | {"id": f"{path.stem}-{number}", "subject": f"a{number}"}
        for path in sorted(folder.glob("*.txt"))
        for number, address in enumerate(path.read_text().split())
    ]
    outcomes = send(run, tmp_path, *events)
    assert len(outcomes) == 654
    assert {outcome["verdict"]["level"] for outcome in outcomes} == {"DENY"}


@needs_real_files
@pytest.mark.parametrize("name", ["GeoLite2-ASN-Test", "GeoIP2-Anonymous-IP-Test"])
def test_real_databases_of_other_types_are_refused(run: Run, name: str) -> None:
    ran = run("reference", "load", REAL / "geo" / "maxmind-test" / f"{name}.mmdb")
    assert ran.code == 2
    assert "does not say in which country" in ran.err


@needs_real_files
def test_a_real_database_that_was_cut_off_is_refused(run: Run, tmp_path: Path) -> None:
    whole = REAL / "geo" / "maxmind-test" / "GeoLite2-City-Test.mmdb"
    (tmp_path / "city.mmdb").write_bytes(whole.read_bytes()[:-3000])
    ran = run("reference", "load", tmp_path / "city.mmdb")
    assert (ran.code, ran.out) == (2, "")
    assert current(run) == {}


@needs_real_files
def test_the_difference_of_two_real_days_is_told(run: Run) -> None:
    folder = REAL / "sanctions"
    found = run(
        *("reference", "diff", folder / "ofac_history" / "sdn_2024-05-02.csv", folder / "ofac" / "sdn_2024-05-03.csv"),
        "--json",
    ).json()[0]
    assert len(found["added"]) + len(found["removed"]) + len(found["changed"]) > 0


def test_the_cache_of_databases_may_be_deleted_at_any_time(run: Run, tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "c.mmdb", {"84.128.0.0/16": a_nested("AT", subdivisions=a_part("9", "Vienna"))})
    run("reference", "load", path)
    shutil.rmtree(tmp_path / "cache")
    path.unlink()
    with wiring.opened_store(None) as store:
        place = wiring.library(store).place("84.128.10.10")
    assert place is not None
    assert place.area == "AT"
    (cached,) = (tmp_path / "cache" / "habeas").glob("*.mmdb")
    cached.write_bytes(b"somebody else's file")
    assert run("doctor").out.count("fault") <= 1
    with wiring.opened_store(None) as store:
        assert wiring.library(store).place("84.128.10.10") == place


def test_documents_that_were_asked_for_are_shown_to_staff(run: Run, tmp_path: Path) -> None:
    send(run, tmp_path, {"type": "document.expired", "subject": "ana", "data": {"kind": "passport"}})
    shown = run("account", "ana")
    assert "issued for MISSING_DOCUMENT: passport" in shown.out
    assert [request["documents"] for request in run("account", "ana", "--json").json()[0]["requests"]] == [["passport"]]
