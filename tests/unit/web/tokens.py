"""Tokens of the user lane, signed as an exchange would."""

import json
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from habeas.web.lane import LaneSettings, LaneTokens

ISSUER, AUDIENCE = "https://exchange.example", "habeas"


class Exchange:
    """An exchange with a key, its key set, and the checker that is configured with it."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": "key-1", "use": "sig"})
        self.reads = 0
        self.tokens = LaneTokens(LaneSettings(issuer=ISSUER, audience=AUDIENCE, read=self.jwks))

    def jwks(self) -> bytes:
        self.reads += 1
        return json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

    def token(self, account: str, at: datetime, lives: timedelta = timedelta(minutes=5), **changes: Any) -> str:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account,
            "iat": int(at.timestamp()),
            "exp": int((at + lives).timestamp()),
        }
        return jwt.encode({"alg": "ES256", "kid": "key-1"}, claims | changes, self.key)
