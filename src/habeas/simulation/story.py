"""The story of the demo: people to whom what the help articles describe really happens.

Addresses are real ones of real networks in the countries named; people, accounts and amounts are made up. Times are hours
before the end of the story.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from habeas.domain.actor import Actor, Role
from habeas.domain.campaign import CampaignPlan, Cause
from habeas.domain.event_data import ExemptAct, PlaceAct
from habeas.domain.evidence import Evidence
from habeas.domain.kind import Kind

CHINA, US, INDIA, RUSSIA = "114.114.114.114", "12.34.56.78", "49.44.10.10", "95.165.0.10"
SPAIN, GERMANY, BRITAIN, NIGERIA = "88.6.10.10", "84.128.10.10", "86.128.1.1", "102.89.1.1"
BRAZIL, CUBA, IRAN = "201.17.1.1", "200.55.128.10", "5.160.1.1"

LISTED_WALLET = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
"""Listed by OFAC in April 2022 (the theft from the Ronin bridge); written down in the built-in list."""

UGOS_PASSPORT = {"kind": "passport", "number": "C01X00T47", "country": "DE"}

JANE = Actor("jane", Role.ANALYST)
MIA = Actor("mia", Role.SENIOR_ANALYST)
CORA = Actor("cora", Role.COUNSEL)
MAX = Actor("max", Role.MLRO)
MANAGER = Actor("mia", Role.CAMPAIGN_MANAGER)


class Happening(Struct, frozen=True):
    """One thing that happens, `hours_ago` before the end of the story."""

    hours_ago: float
    account: str
    type: str
    data: dict[str, Any]


class StaffAct(Struct, frozen=True):
    """One thing that somebody on the staff does. `act` makes it from the instant at which it is done."""

    hours_ago: float
    account: str
    act: Callable[[datetime], PlaceAct | ExemptAct]


class RegionExit(Struct, frozen=True):
    """A campaign that Mia drafts, Cora and Max sign, and that reaches an account. `plan` is made from its first day."""

    hours_ago: float
    account: str
    plan: Callable[[datetime], CampaignPlan]


class Chapter(Struct, frozen=True):
    """What happens to one person. `asks` are questions put at `read_hours_ago`, when the user also reads the statement."""

    title: str
    account: str
    happenings: tuple[Happening | StaffAct | RegionExit, ...]
    asks: tuple[str, ...]
    read_hours_ago: float = 0


def _home(account: str, residence: str, ip: str, device: str, **more: Any) -> tuple[Happening, ...]:
    """An account that has been quietly used at home for weeks."""
    opened = {"residence": residence, "nationalities": [residence], "holder": f"holder-{account}"} | more
    login = {"ip": ip, "device": device, "mfa": "totp", "session": f"{account}-s0"}
    return (
        Happening(24 * 40, account, "account.opened", opened),
        Happening(24 * 39, account, "login.succeeded", login),
        Happening(24 * 20, account, "login.succeeded", login),
        Happening(24 * 9, account, "login.succeeded", login),
    )


def _deceived(account: str) -> tuple[Happening, ...]:
    """An account of long standing that pays Ugo."""
    paid = Happening(60, account, "p2p.paid", {"counterparty": "ugo", "usd": "300"})
    return (*_home(account, "FR", "92.132.5.5", f"{account}-phone"), paid)


def _login(hours_ago: float, account: str, ip: str, device: str, **more: Any) -> Happening:
    return Happening(hours_ago, account, "login.succeeded", {"ip": ip, "device": device} | more)


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        title="Anna flies to Spain with her family. Nothing happens, and that is the point.",
        account="anna",
        happenings=(
            *_home("anna", "DE", GERMANY, "anna-phone"),
            _login(80, "anna", GERMANY, "anna-phone"),
            _login(70, "anna", SPAIN, "anna-phone"),
            _login(69, "anna", SPAIN, "anna-tablet"),
            Happening(60, "anna", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "150"}),
        ),
        asks=("place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Wei declares mainland China as residence. The account is region locked; the money is not.",
        account="wei",
        happenings=(
            Happening(
                24 * 12, "wei", "account.opened", {"residence": "CN", "nationalities": ["CN"], "holder": "holder-wei"}
            ),
            _login(20, "wei", CHINA, "wei-phone"),
            # Row B016: another network changes nothing.
            _login(8, "wei", GERMANY, "wei-phone"),
            Happening(7, "wei", "order.placed", {"market": "BTC-USDT", "side": "buy", "usd": "500"}),
            Happening(6, "wei", "order.cancelled", {"market": "BTC-USDT", "side": "buy", "usd": "900"}),
            Happening(5, "wei-bot", "account.opened", {"parent": "wei", "residence": "SG"}),
            Happening(4, "wei-bot", "order.placed", {"market": "BTC-USDT", "side": "buy", "usd": "50"}),
        ),
        asks=("login", "view", "place_order", "cancel_order", "deposit_fiat", "upgrade_kyc", "withdraw_crypto"),
    ),
    Chapter(
        title="Marco's login jumps China, US, India, Russia within hours. The risk control starts, and lifts itself.",
        account="marco",
        happenings=(
            *_home("marco", "GB", BRITAIN, "marco-laptop"),
            _login(60.0, "marco", CHINA, "marco-laptop"),
            _login(58.9, "marco", US, "marco-laptop"),
            _login(57.8, "marco", INDIA, "marco-laptop"),
            _login(56.9, "marco", RUSSIA, "marco-laptop"),
            Happening(56.5, "marco", "order.placed", {"market": "ETH-USDT", "side": "sell", "usd": "80"}),
            _login(24, "marco", BRITAIN, "marco-laptop"),
            Happening(23, "marco", "order.placed", {"market": "ETH-USDT", "side": "sell", "usd": "80"}),
        ),
        asks=("login", "place_order", "withdraw_crypto", "deposit_fiat"),
        read_hours_ago=56,
    ),
    Chapter(
        title="Sofia's phone number is stolen. The thief resets the password and asks for everything. Nothing leaves.",
        account="sofia",
        happenings=(
            *_home("sofia", "ES", SPAIN, "sofia-phone"),
            Happening(5.0, "sofia", "phone.sim_changed", {"at": "{-5.1}", "source": "operator"}),
            _login(4.5, "sofia", NIGERIA, "thief-laptop", mfa="sms", session="thief-1"),
            Happening(
                4.4, "sofia", "credential.changed", {"what": "password", "ip": NIGERIA, "device": "thief-laptop"}
            ),
            Happening(
                4.3, "sofia", "address.added", {"chain": "BTC", "address": "bc1qthiefaddressexample0000000000000000"}
            ),
            Happening(
                4.2,
                "sofia",
                "withdrawal.requested",
                {
                    "asset": "BTC",
                    "chain": "BTC",
                    "amount": "0.91",
                    "usd": "88200",
                    "address": "bc1qthiefaddressexample0000000000000000",
                    "balance_usd": "90000",
                    "ip": NIGERIA,
                    "device": "thief-laptop",
                },
            ),
            Happening(4.1, "sofia", "p2p.opened", {"counterparty": "buyer-77", "usd": "4000"}),
        ),
        asks=("login", "withdraw_crypto", "withdraw_fiat", "p2p", "transfer_out", "contact_support"),
    ),
    Chapter(
        title="Noah replaces a lost phone. He proves who he is, and the extra check is gone.",
        account="noah",
        happenings=(
            *_home("noah", "FR", "92.132.5.5", "noah-phone"),
            Happening(4.0, "noah", "phone.sim_changed", {"at": "{-4.2}", "source": "operator"}),
            _login(3.5, "noah", "92.132.5.5", "noah-new-phone", session="noah-s1"),
            Happening(3.0, "noah", "challenge.passed", {"method": "liveness", "device": "noah-new-phone"}),
        ),
        asks=("withdraw_crypto", "login"),
    ),
    Chapter(
        title="Kim's password turns up in another site's leak. An extra check before anything leaves.",
        account="kim",
        happenings=(
            *_home("kim", "SG", "165.21.10.10", "kim-phone"),
            Happening(2.0, "kim", "credential.leaked", {"origin": "a breach corpus of another site"}),
        ),
        asks=("withdraw_crypto", "place_order"),
    ),
    Chapter(
        title="Omar downloaded a virus: his session token shows up on a device that is not his.",
        account="omar",
        happenings=(
            *_home("omar", "AE", "94.200.10.10", "omar-laptop"),
            _login(1.5, "omar", "94.200.10.10", "omar-laptop", session="omar-s9"),
            Happening(1.0, "omar", "session.seen", {"session": "omar-s9", "device": "unknown-vm", "ip": NIGERIA}),
        ),
        asks=("withdraw_crypto", "place_order"),
    ),
    Chapter(
        title="Lena is on tour through five countries. Mia has seen her tickets and exempts her beforehand.",
        account="lena",
        happenings=(
            *_home("lena", "DE", GERMANY, "lena-phone"),
            StaffAct(
                70,
                "lena",
                lambda now: ExemptAct(
                    actor=MIA,
                    note="on tour with her band until Sunday, tickets seen",
                    kinds=(Kind.TEMP_RISK, Kind.OUTFLOW_HOLD, Kind.STEP_UP),
                    until_at=now + timedelta(days=5),
                ),
            ),
            _login(50.0, "lena", BRAZIL, "lena-phone"),
            _login(49.0, "lena", INDIA, "lena-phone"),
            _login(48.0, "lena", RUSSIA, "lena-phone"),
        ),
        asks=("place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Rudi insulted other users for weeks. Jane limits the account for a week and says which act and which clause.",
        account="rudi",
        happenings=(
            *_home("rudi", "DE", GERMANY, "rudi-laptop"),
            StaffAct(
                3,
                "rudi",
                lambda _now: PlaceAct(
                    actor=JANE,
                    note="threatened three P2P partners in chat; messages in the case file",
                    reason="TOS_ABUSE",
                    evidence=Evidence.E3,
                    facts={"act": "threats"},
                ),
            ),
        ),
        asks=("login", "place_order", "withdraw_crypto", "file_appeal"),
    ),
    Chapter(
        title="Maria lives in Havana. She is region locked at once; counsel signs off what follows, withdrawals only.",
        account="maria",
        happenings=(
            Happening(
                72, "maria", "account.opened", {"residence": "CU", "nationalities": ["CU"], "holder": "holder-maria"}
            ),
            StaffAct(
                48,
                "maria",
                lambda _now: PlaceAct(
                    actor=CORA,
                    note="licence reviewed; withdrawals to own wallets are permitted",
                    reason="SANCTIONED_RESIDENCE",
                    kind=Kind.WITHDRAW_ONLY,
                ),
            ),
            Happening(47, "maria", "order.placed", {"market": "BTC-USDT", "side": "buy", "usd": "10"}),
        ),
        asks=("login", "place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Pavel logs in from Havana. Trading stops while he is there; a person looks when he has left.",
        account="pavel",
        happenings=(
            *_home("pavel", "DE", GERMANY, "pavel-phone"),
            _login(90, "pavel", CUBA, "pavel-phone"),
            _login(20, "pavel", GERMANY, "pavel-phone"),
        ),
        asks=("place_order", "withdraw_crypto"),
        read_hours_ago=60,
    ),
    Chapter(
        title="Emma travels to the US and logs in. She is asked for documents, and can withdraw meanwhile.",
        account="emma",
        happenings=(
            *_home("emma", "GB", BRITAIN, "emma-phone"),
            _login(30, "emma", US, "emma-phone"),
            Happening(29, "emma", "order.placed", {"market": "BTC-GBP", "side": "buy", "usd": "75"}),
        ),
        asks=("place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Tariq's passport expired and nothing came for 14 days. From then on he can only withdraw.",
        account="tariq",
        happenings=(
            *_home("tariq", "FR", "92.132.5.5", "tariq-phone"),
            Happening(24 * 15, "tariq", "document.expired", {"kind": "passport"}),
            Happening(20, "tariq", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "75"}),
        ),
        asks=("login", "place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Yuki is paid from a listed wallet. The coins are blocked; she is not, and the rest of her money is not.",
        account="yuki",
        happenings=(
            *_home("yuki", "JP", "126.10.10.10", "yuki-phone"),
            Happening(
                6,
                "yuki",
                "deposit.crypto",
                {"asset": "ETH", "chain": "ETH", "amount": "2", "usd": "6200", "tx": "0xabc", "from": LISTED_WALLET},
            ),
            Happening(
                5,
                "yuki",
                "withdrawal.requested",
                {
                    "asset": "BTC",
                    "amount": "0.1",
                    "usd": "9700",
                    "address": "bc1qyuki",
                    "balance": "0.4",
                    "balance_usd": "38000",
                },
            ),
            Happening(
                4,
                "yuki",
                "withdrawal.requested",
                {
                    "asset": "ETH",
                    "amount": "1",
                    "usd": "3100",
                    "address": LISTED_WALLET,
                    "balance": "9",
                    "balance_usd": "38000",
                },
            ),
        ),
        asks=("login", "place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Volodya bears a president's name and was born 41 years later. A person looks; nothing stops him.",
        account="volodya",
        happenings=(
            Happening(
                9,
                "volodya",
                "account.opened",
                {"name": "Vladimir Putin", "birth_date": "1993-02-11", "residence": "DE", "nationalities": ["DE"]},
            ),
            _login(8, "volodya", GERMANY, "volodya-phone"),
        ),
        asks=("place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Darius tries from Tehran. The request is refused; nothing stands on his account.",
        account="darius",
        happenings=(
            *_home("darius", "DE", GERMANY, "darius-phone"),
            Happening(3, "darius", "login.failed", {"ip": IRAN, "device": "darius-phone"}),
            Happening(1, "darius", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "20"}),
        ),
        asks=("login", "place_order"),
    ),
    Chapter(
        title="Somebody tries passwords on many accounts. The address is refused for a day; no account is limited.",
        account="victim-0",
        happenings=tuple(
            Happening(2 - number / 60, f"victim-{number % 7}", "login.failed", {"ip": NIGERIA}) for number in range(22)
        ),
        asks=("login", "withdraw_crypto"),
    ),
    Chapter(
        title="Zoe lives in Canada, which the exchange is leaving. She is told, and can take her money out.",
        account="zoe",
        happenings=(Happening(50, "zoe", "account.opened", {"residence": "CA", "nationalities": ["CA"]}),),
        asks=("login", "place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="Three people who paid Ugo report him. His account is held at once; Jane looks, freezes it, and they are told.",
        account="ugo",
        happenings=(
            *_home("ugo", "DE", GERMANY, "ugo-phone", document=UGOS_PASSPORT),
            *(item for who in ("ines", "jan", "petra") for item in _deceived(who)),
            Happening(50, "ugo", "report.filed", {"against": "ugo", "category": "scam", "reporter": "ines"}),
            Happening(49, "ugo", "report.filed", {"against": "ugo", "category": "scam", "reporter": "jan"}),
            Happening(48, "ugo", "report.filed", {"against": "ugo", "category": "fake_payment", "reporter": "petra"}),
            Happening(47, "ugo", "transfer.requested", {"counterparty": "ugo-friend", "usd": "900"}),
            StaffAct(
                40,
                "ugo",
                lambda _now: PlaceAct(
                    actor=JANE,
                    note="chats and receipts seen: paid three times, delivered nothing",
                    reason="SCAM_OFFENDER",
                    kind=Kind.FROZEN,
                    evidence=Evidence.E3,
                ),
            ),
        ),
        asks=("login", "withdraw_crypto", "p2p", "file_appeal"),
    ),
    Chapter(
        title="Ines paid Ugo before anybody knew. She reads what is known, and that help is coming.",
        account="ines",
        happenings=(),
        asks=("login", "withdraw_crypto", "place_order"),
        read_hours_ago=30,
    ),
    Chapter(
        title="Nadia is about to pay Ugo too. She reads a warning first, and is asked for a fresh proof.",
        account="nadia",
        happenings=(
            *_home("nadia", "ES", SPAIN, "nadia-phone"),
            Happening(10, "nadia", "p2p.opened", {"counterparty": "ugo", "usd": "450"}),
        ),
        asks=("login", "p2p", "withdraw_crypto"),
    ),
    Chapter(
        title="Ugo opens another account under another name, with the same passport. He may; the identity check says more.",
        account="ugo-again",
        happenings=(
            Happening(
                20,
                "ugo-again",
                "account.opened",
                {"residence": "DE", "holder": "holder-somebody", "document": UGOS_PASSPORT | {"number": "c01x 00t47"}},
            ),
            Happening(19, "ugo-again", "kyc.decided", {"tier": 1, "result": "accepted"}),
        ),
        asks=("login", "place_order", "withdraw_crypto"),
    ),
    Chapter(
        title="The exchange leaves the Netherlands, as it announced. Noor can take her money out; Finn has moved in time.",
        account="noor",
        happenings=(
            Happening(24 * 300, "noor", "account.opened", {"residence": "NL", "email": "noor@mail.example"}),
            Happening(24 * 300, "finn", "account.opened", {"residence": "NL"}),
            RegionExit(
                24 * 36,
                "noor",
                lambda at: CampaignPlan(
                    id="cp_nl",
                    title="Exit from the Netherlands",
                    areas=("NL",),
                    cause=Cause.REGULATION,
                    announcement="https://www.example.com/exit-nl",
                    announced_at=at,
                    reduce_only_at=at + timedelta(days=20),
                    withdraw_only_at=at + timedelta(days=31),
                    residual_at=at + timedelta(days=60),
                ),
            ),
            Happening(24 * 30, "noor", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "90"}),
            Happening(24 * 12, "finn", "account.profile_changed", {"residence": "FR"}),
            Happening(24 * 12 - 1, "finn", "document.decided", {"kind": "proof_of_address", "result": "accepted"}),
            Happening(24 * 10, "noor", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "90"}),
            Happening(24 * 2, "finn", "order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "90"}),
        ),
        asks=("login", "place_order", "close_position", "withdraw_crypto", "withdraw_fiat"),
    ),
)
