"""What a body may look like: shown in the description, and sent by tests."""

from typing import Any

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "urn:my:exchange",
    "type": "withdrawal.requested",
    "subject": "alice",
    "time": "2026-11-22T10:00:00Z",
    "data": {"asset": "BTC", "chain": "BTC", "amount": "0.5", "usd": "48000", "address": "bc1qexample"},
}
EVALUATION: dict[str, Any] = {
    "subject": {"type": "account", "id": "alice"},
    "action": {"name": "withdraw_crypto"},
    "resource": {"type": "exchange", "id": "*"},
    "context": {"ip": "84.128.10.10", "asset": "BTC", "amount": "0.5", "balance": "2", "destination": "bc1qexample"},
}
EVALUATIONS: dict[str, Any] = {
    "subject": {"type": "account", "id": "alice"},
    "resource": {"type": "exchange", "id": "*"},
    "evaluations": [{"action": {"name": "place_order"}}, {"action": {"name": "withdraw_crypto"}}],
    "options": {"evaluations_semantic": "execute_all"},
}
NOTE: dict[str, Any] = {"note": "control proved on the phone of record"}
PLACE: dict[str, Any] = {
    "note": "insulted support staff, case 17",
    "reason": "TOS_ABUSE",
    "evidence": "E3",
    "ends_at": "2026-11-29T10:00:00Z",
}
RENEW: dict[str, Any] = {
    "note": "forensics, report 12",
    "ends_at": "2026-12-22T10:00:00Z",
    "evidence": "E4",
    "evidence_ids": ["report-12"],
}
EXEMPT: dict[str, Any] = {
    "note": "on a world tour, tickets seen",
    "kinds": ["TEMP_RISK"],
    "until_at": "2026-11-29T10:00:00Z",
}
ASSIST: dict[str, Any] = {
    "note": "rent; own wallet, proved",
    "capability": "withdraw_crypto",
    "asset": "USDT",
    "amount": "400",
    "destination": "TQ7exampleexampleexample",
    "until_at": "2026-11-25T10:00:00Z",
}
OPINION: dict[str, Any] = {"note": "born later than the one on the list", "outcome": "false_match"}
WORK: dict[str, Any] = {"note": "asked for a bank statement", "step": "wait"}
APPEAL: dict[str, Any] = {
    "account": "alice",
    "restriction": "rs_5k2jq3v7x4m6a2bc",
    "text": "I was on holiday; my boarding pass is attached to my document request.",
}
JUDGEMENT: dict[str, Any] = {
    "note": "seen, file df_5k2jq3v7x4m6a2bc",
    "kind": "passport",
    "result": "rejected",
    "reason": "the photo is cut off at the top",
}
DRAFT: dict[str, Any] = {
    "note": "decided by the board",
    "plan": {
        "id": "cp_nl-2027",
        "title": "We leave the Netherlands",
        "areas": ["NL"],
        "cause": "regulation",
        "announcement": "https://example.com/nl",
        "announced_at": "2027-01-04T10:00:00Z",
        "reduce_only_at": "2027-02-08T10:00:00Z",
        "withdraw_only_at": "2027-03-08T10:00:00Z",
        "residual_at": "2027-06-07T10:00:00Z",
    },
}
ENDING: dict[str, Any] = {"note": "registered there since 1 May", "kind": "reinstate"}
RESIDUALS: dict[str, Any] = {"found": [{"account": "alice", "usd": "412.50", "what": "an open position in ETH"}]}
BULK: dict[str, Any] = {
    "note": "the list of networks was wrong, incident 31",
    "kind": "lift",
    "because": "our_error",
    "selection": {"placed_by": "region/3", "placed_from": "2026-11-20T00:00:00Z"},
}
SCREENING: dict[str, Any] = {"name": "Ana Maria Example", "birth_date": "1962", "countries": ["ES"]}
COINS: dict[str, Any] = {"asset": "ETH", "what": "0x2f1c5c2b44f771e942a8506148e256f94f1a464babc938ae0690c6e34cd79190"}
