"""Staff log in with a browser: what a provider must say, what a session opens, and the login that only a demo has."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey
from msgspec.structs import replace

from habeas.domain.access import ROLE_SCOPES
from habeas.domain.actor import Role
from habeas.domain.errors import BadInputError
from habeas.web.backend import Settings
from habeas.web.login import DEMO_BANNER
from habeas.web.oidc import Oidc, OidcSettings, RoleMap, read_roles
from habeas.web.sessions import ATTEMPT, SESSION, Session, begun_session
from tests.builders import HOUR, NOON
from tests.unit.web.conftest import Clock, Service, a_problem
from tests.unit.web.provider import CLIENT, SECRET, Provider, a_key

MINUTE = timedelta(minutes=1)
US = "https://habeas.example"
PLACE = {"note": "threats in chat", "reason": "TOS_ABUSE"}


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """The service with a browser in front of it that follows no redirect by itself."""

    def __init__(self, service: Service, provider: Provider) -> None:
        self.service, self.provider = service, provider
        self.client = service.client
        self.client.base_url = httpx.URL(US)
        self.client.follow_redirects = False

    def begin(self, **wanted: str) -> str:
        """Where the provider is asked to let somebody in."""
        answer = self.client.get("/login", params=wanted)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def come_back(self, told: dict[str, str]) -> httpx.Response:
        return self.client.get("/login/callback", params=told)

    def log_in(self, **wanted: str) -> httpx.Response:
        return self.come_back(self.provider.approved(self.begin(**wanted)))

    def csrf(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.client.get("/login/session").json()["csrf"]}

    def place(self, headers: dict[str, str]) -> httpx.Response:
        return self.client.post("/v1/accounts/kim/restrictions", json=PLACE, headers=headers)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def browser(seconds: Seconds) -> Iterator[Browser]:
    clock = Clock()
    with Provider(clock) as provider:
        settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT, secret=SECRET, roles=RoleMap(claim="roles"))
        service = Service(Settings(public_url=US), oidc=Oidc(settings, seconds))
        service.backend.clock = service.clock = clock
        with service.client:
            yield Browser(service, provider)
        service.intake.close()


def test_whoever_logs_in_is_the_actor_as_with_a_key_of_the_role(browser: Browser) -> None:
    browser.service.tell("e-1", "account.opened", "kim", {"residence": "DE"})
    back = browser.log_in(to="/v1/cases")
    assert (back.status_code, back.headers["location"]) == (303, "/v1/cases")
    told = browser.client.get("/login/session").json()
    assert (told["name"], told["role"], told["is_demo"]) == ("jane", "analyst", False)
    assert set(told["scopes"]) == ROLE_SCOPES[Role.ANALYST]
    assert browser.client.get("/v1/cases").status_code == 200
    placed = browser.place({"X-CSRF-Token": told["csrf"]})
    assert placed.status_code == 200, placed.text
    shown = browser.client.get("/v1/accounts/kim/restrictions").json()["items"]
    assert shown[0]["placed_by"] == ["jane", "analyst"]
    a_problem(browser.client.get("/v1/journal/public-key"), 403, "forbidden")


def test_the_cookie_is_for_this_host_over_tls_out_of_reach_of_scripts_and_short_lived(browser: Browser) -> None:
    said = [each.lower() for each in browser.log_in().headers.get_list("set-cookie")]
    session = next(each for each in said if each.startswith("__host-habeas-session="))
    for part in ("secure", "httponly", "samesite=lax", "path=/", "max-age=3600"):
        assert part in session.split("; "), session
    assert "domain" not in session
    browser.service.clock.forward(HOUR + MINUTE)
    a_problem(browser.client.get("/v1/cases"), 401, "unauthenticated")


def test_what_changes_something_takes_the_word_of_the_session(browser: Browser) -> None:
    browser.service.tell("e-1", "account.opened", "kim", {"residence": "DE"})
    browser.log_in()
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "guessed"}, {"X-CSRF-Token": "\u00e9"}):
        sent = {name: value.encode("latin-1") for name, value in headers.items()}
        assert "csrf" in a_problem(browser.place(sent), 403, "forbidden")  # type: ignore[arg-type]
    former = browser.csrf()
    browser.client.cookies.clear()
    browser.log_in()
    a_problem(browser.place(former), 403, "forbidden")
    assert browser.place(browser.csrf()).status_code == 200


def test_a_key_counts_before_a_session_and_a_bad_one_is_not_made_good_by_it(browser: Browser) -> None:
    browser.log_in()
    a_problem(browser.client.get("/v1/cases", headers={"Authorization": "Bearer hbk_no"}), 401, "unauthenticated")


@pytest.mark.parametrize("changed", ["first", "last", "none"])
def test_a_cookie_that_we_did_not_write_is_no_session(browser: Browser, changed: str) -> None:
    browser.log_in()
    name = "__Host-habeas-session"
    value = browser.client.cookies[name]
    forged = {
        "first": "A" + value[1:],
        "last": value[:-6] + ("A" * 6 if value[-6:] != "A" * 6 else "B" * 6),
        "none": "eyJhbGciOiJub25lIn0." + value.split(".")[1] + ".",
    }[changed]
    browser.client.cookies.clear()
    a_problem(browser.client.get("/v1/cases", headers={"Cookie": f"{name}={forged}"}), 401, "unauthenticated")


def test_what_was_signed_for_another_login_or_for_something_else_is_no_session(browser: Browser) -> None:
    browser.log_in()
    name = "__Host-habeas-session"
    session = browser.client.cookies[name]
    browser.service.backend.oidc = None
    browser.service.backend.settings = replace(browser.service.backend.settings, is_demo_login=True)
    a_problem(browser.client.get("/v1/cases"), 401, "unauthenticated")
    browser.client.cookies.clear()
    browser.client.get("/login")
    begun = browser.client.cookies["__Host-habeas-login"]
    browser.client.cookies.clear()
    assert begun != session
    a_problem(browser.client.get("/v1/cases", headers={"Cookie": f"{name}={begun}"}), 401, "unauthenticated")


def test_a_cookie_is_good_for_what_it_was_written_for(service: Service) -> None:
    cookies, session = service.backend.cookies, begun_session("jane", Role.MLRO, "demo", NOON)
    for kind, good in ((SESSION, session), (ATTEMPT, None)):
        written = cookies.written(kind, session, NOON, is_secure=False)
        said = f"habeas-{SESSION}={written.value}"
        assert cookies.read(SESSION, Session, said, NOON, is_secure=False) == good


def test_after_logging_out_the_cookie_is_gone(browser: Browser) -> None:
    browser.provider.discovered = {"end_session_endpoint": f"{browser.provider.issuer}/end"}
    browser.log_in()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    a_problem(browser.client.post("/logout", headers=form), 403, "forbidden")
    out = browser.client.post("/logout", headers=form | browser.csrf())
    assert out.status_code == 303
    assert out.headers["location"].startswith(f"{browser.provider.issuer}/end?client_id={CLIENT}&post_logout")
    a_problem(browser.client.get("/login/session"), 401, "unauthenticated")


# --- what the provider says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"nonce": "another"}, id="wrong nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"aud": "somebody-else"}, id="other audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"aud": [CLIENT, "somebody-else"]}, id="shared without saying for whom"),
        pytest.param({"azp": "somebody-else"}, id="for another party"),
        pytest.param({"iss": "https://mallory.example"}, id="other issuer"),
        pytest.param({"sub": None}, id="nobody"),
        pytest.param({"exp": int((NOON - 2 * MINUTE).timestamp())}, id="expired"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"iat": int((NOON + HOUR).timestamp())}, id="from the future"),
        pytest.param({"iat": None}, id="without a date"),
        pytest.param({"exp": "later"}, id="no instant"),
    ],
)
def test_an_id_token_that_is_not_for_this_login_lets_nobody_in(browser: Browser, claims: dict[str, Any]) -> None:
    browser.provider.claims = claims
    assert "not good here" in a_problem(browser.log_in(), 401, "unauthenticated")
    a_problem(browser.client.get("/login/session"), 401, "unauthenticated")


def test_a_token_for_several_that_names_us_is_good(browser: Browser) -> None:
    browser.provider.claims = {"aud": [CLIENT, "somebody-else"], "azp": CLIENT}
    assert browser.log_in().status_code == 303


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"roles": None}, "no role in `roles`"),
        ({"roles": ["janitor", 7]}, "no role in `roles`"),
        ({"roles": ["le_desk", "detector"]}, "no role in `roles`"),
        ({"sub": "a:b"}, "no name in `sub`"),
        ({"sub": "x" * 65}, "no name in `sub`"),
    ],
)
def test_whoever_has_no_role_or_no_name_here_stays_outside(browser: Browser, claims: dict[str, Any], told: str) -> None:
    browser.provider.claims = claims
    assert told in a_problem(browser.log_in(), 403, "forbidden")
    a_problem(browser.client.get("/login/session"), 401, "unauthenticated")


def test_whoever_has_several_roles_is_asked_and_gets_the_one_that_was_said(browser: Browser) -> None:
    browser.provider.claims = {"roles": ["mlro", "analyst"]}
    page = browser.log_in(to="/v1/cases")
    assert page.status_code == 200
    assert "/login?role=mlro&amp;to=%2Fv1%2Fcases" in page.text
    assert browser.log_in(role="mlro").status_code == 303
    assert browser.client.get("/login/session").json()["role"] == "mlro"
    assert "you have no role `counsel`" in a_problem(browser.log_in(role="counsel"), 403, "forbidden")


def test_a_signature_of_somebody_else_lets_nobody_in(browser: Browser) -> None:
    browser.log_in()
    browser.client.cookies.clear()
    published = browser.provider.jwks()
    browser.provider.jwks = lambda: published  # type: ignore[method-assign]
    browser.provider.key = a_key("key-1")
    a_problem(browser.log_in(), 401, "unauthenticated")
    browser.provider.header, browser.provider.key = {"alg": "HS256"}, OctKey.import_key(SECRET * 4)
    a_problem(browser.log_in(), 401, "unauthenticated")


def test_a_new_key_of_the_provider_is_found_without_a_restart(browser: Browser, seconds: Seconds) -> None:
    assert browser.log_in().status_code == 303
    browser.provider.key, browser.provider.header = a_key("key-2"), {"alg": "ES256", "kid": "key-2"}
    seconds.now = 11
    assert browser.log_in().status_code == 303


# --- the way there and back --------------------------------------------------------------------------------------------


def test_the_provider_is_asked_with_a_challenge_a_nonce_and_a_state_that_nobody_can_guess(browser: Browser) -> None:
    first, second = (parse_qs(urlsplit(browser.begin()).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{US}/login/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) >= 32


def test_a_login_that_was_begun_in_another_browser_does_not_end_here(browser: Browser) -> None:
    stolen = browser.provider.approved(browser.begin())
    browser.client.cookies.clear()
    assert "no login was begun" in a_problem(browser.come_back(stolen), 401, "unauthenticated")
    browser.begin()
    assert "not the login that was begun" in a_problem(browser.come_back(stolen), 401, "unauthenticated")


def test_a_code_of_another_login_is_not_taken(browser: Browser) -> None:
    theirs = browser.provider.approved(browser.begin())
    ours = browser.provider.approved(browser.begin())
    told = {"state": ours["state"], "code": theirs["code"]}
    assert "does not take this code" in a_problem(browser.come_back(told), 401, "unauthenticated")


def test_a_login_takes_no_longer_than_ten_minutes(browser: Browser) -> None:
    told = browser.provider.approved(browser.begin())
    browser.service.clock.forward(11 * MINUTE)
    a_problem(browser.come_back(told), 401, "unauthenticated")


@pytest.mark.parametrize("changes", [{"iss": "https://mallory.example"}, {"code": ""}, {"state": ""}])
def test_what_comes_back_from_elsewhere_lets_nobody_in(browser: Browser, changes: dict[str, str]) -> None:
    told = browser.provider.approved(browser.begin()) | changes
    a_problem(browser.come_back({name: value for name, value in told.items() if value}), 401, "unauthenticated")


def test_a_refusal_of_the_provider_is_told(browser: Browser) -> None:
    state = browser.provider.approved(browser.begin())["state"]
    answer = browser.come_back({"state": state, "error": "access_denied"})
    assert "let nobody in" in a_problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize("to", ["https://mallory.example", "//mallory.example", "/\\mallory.example", "/a\r\nb", "x"])
def test_nobody_is_sent_elsewhere_afterwards(browser: Browser, to: str) -> None:
    a_problem(browser.client.get("/login", params={"to": to}), 400, "bad-input")


@pytest.mark.parametrize(
    "discovered", [{"issuer": "https://mallory.example"}, {"token_endpoint": "http://x.example/"}, {"jwks_uri": None}]
)
def test_a_provider_that_says_something_else_of_itself_is_not_used(
    browser: Browser, discovered: dict[str, Any]
) -> None:
    browser.provider.discovered = discovered
    a_problem(browser.client.get("/login"), 503, "unavailable")


def test_a_provider_that_does_not_answer_is_no_fault_of_whoever_logs_in(browser: Browser) -> None:
    told = browser.provider.approved(browser.begin())
    browser.provider.status = 500
    a_problem(browser.come_back(told), 503, "unavailable")


def test_a_secret_that_is_not_ours_is_a_matter_for_whoever_runs_it(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    told = browser.provider.approved(browser.begin())
    browser.provider.secret = "changed"
    a_problem(browser.come_back(told), 503, "unavailable")
    assert "must set its client id and secret" in caplog.text


def test_whoever_tries_out_logins_is_slowed_down(browser: Browser) -> None:
    browser.service.backend.settings = replace(browser.service.backend.settings, stranger_rate_per_s=2)
    answers = [browser.come_back({"code": "x", "state": "x"}).status_code for _ in range(12)]
    assert set(answers) == {401, 429}


# --- settings ----------------------------------------------------------------------------------------------------------


def test_roles_are_a_claim_or_a_table() -> None:
    assert read_roles("roles").of({"roles": "mlro"}) == (Role.MLRO,)
    table = read_roles('{"claim": "groups", "roles": {"aml": "analyst", "law": "counsel"}}')
    assert table.of({"groups": ["law", "aml", "mlro"]}) == (Role.ANALYST, Role.COUNSEL)


@pytest.mark.parametrize(
    "text", ['{"claim": "g", "roles": {"a": "boss"}}', '{"roles": {}}', "{", '{"claim": "g", "x": 1}']
)
def test_roles_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        read_roles(text)


def test_the_sealed_desk_does_not_log_in_here() -> None:
    with pytest.raises(BadInputError, match="le_desk has no access"):
        read_roles('{"claim": "g", "roles": {"police": "le_desk"}}')


@pytest.mark.parametrize(
    ("issuer", "client"), [("http://login.example", "x"), ("login.example", "x"), ("https://l.example", "")]
)
def test_a_provider_over_plain_http_or_without_our_name_is_refused(issuer: str, client: str) -> None:
    with pytest.raises(BadInputError):
        Oidc(OidcSettings(issuer=issuer, client_id=client, secret="", roles=RoleMap(claim="roles")))


# --- the demo ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo() -> Iterator[Service]:
    made = Service(Settings(is_demo_login=True))
    made.client.base_url = httpx.URL("http://127.0.0.1:8000")
    made.client.follow_redirects = False
    with made.client:
        yield made
    made.intake.close()


def be(service: Service, role: str) -> httpx.Response:
    page = service.client.get("/login")
    state = page.text.split('name="state" value="')[1].split('"')[0]
    return service.client.post("/login/demo", data={"state": state, "role": role})


def test_in_a_demo_anybody_is_anybody_and_the_page_says_so_loudly(demo: Service) -> None:
    page = demo.client.get("/login").text
    assert f">{DEMO_BANNER}</h1>" in page
    assert [role for role in ROLE_SCOPES if f'value="{role}"' not in page] == []
    assert be(demo, "mlro").status_code == 303
    told = demo.client.get("/login/session").json()
    assert (told["name"], told["role"], told["is_demo"]) == ("demo-mlro", "mlro", True)
    assert demo.client.get("/v1/cases").status_code == 200
    assert demo.client.post("/logout", data={"csrf": told["csrf"]}).headers["location"].endswith("/login")
    a_problem(demo.client.get("/v1/cases"), 401, "unauthenticated")


@pytest.mark.parametrize("role", ["le_desk", "user", "", "boss"])
def test_in_a_demo_nobody_is_who_has_no_access(demo: Service, role: str) -> None:
    a_problem(be(demo, role), 400, "bad-input")


def test_another_page_cannot_log_a_browser_in(demo: Service) -> None:
    a_problem(demo.client.post("/login/demo", data={"state": "x", "role": "mlro"}), 401, "unauthenticated")
    demo.client.get("/login")
    a_problem(demo.client.post("/login/demo", data={"state": "x", "role": "mlro"}), 401, "unauthenticated")


def test_a_demo_answers_to_the_names_of_this_machine_only(demo: Service) -> None:
    a_problem(demo.client.get("/login", headers={"Host": "rebound.example"}), 400, "bad-input")


def test_where_nobody_logs_in_there_is_no_login(service: Service) -> None:
    a_problem(service.client.get("/login"), 404, "not-found")
    a_problem(service.client.get("/login/callback"), 404, "not-found")
    a_problem(service.client.post("/login/demo", data={"role": "mlro"}), 404, "not-found")


def test_at_a_provider_nobody_is_anybody(browser: Browser) -> None:
    browser.begin()
    a_problem(browser.client.post("/login/demo", data={"role": "mlro"}), 404, "not-found")
