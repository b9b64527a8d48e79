"""Every figure of the world. docs/simulation.md has the same list with the source of each; assumptions are marked there.

Rates are per person and year unless the name says otherwise; shares are from 0 to 1; hours and days are so named. A pair
(median, spread) describes a lognormal draw: half lie below the median, and spread is the standard deviation of the logarithm.
"""

from msgspec import Struct

Lognormal = tuple[float, float]


class Parameters(Struct, frozen=True, kw_only=True):
    """One world. The fields are grouped as in docs/simulation.md."""

    # --- size
    users: int = 2_000
    days: int = 30
    """Measured days."""
    run_in_days: int = 8
    """Ordinary life before, so that accounts have a history."""
    run_out_days: int = 12
    """Days after, in which nobody begins anything, but timers fire and reviewers work."""
    takeovers: int = 100

    # --- addresses
    place_error_km: Lognormal = (21.0, 2.58)
    place_disagrees_share: float = 0.06
    place_wrong_share: float = 0.003
    gateway_wrong_share: float = 0.003
    exit_untagged_share: float = 0.12
    gateways_per_carrier: int = 48
    foreign_gateway_share: float = 0.005

    # --- people
    logins_per_day: float = 0.54
    logins_shape: float = 0.55
    vpn_users_share: float = 0.25
    vpn_logins_share: float = 0.35
    vpn_favourite_share: float = 0.6
    relay_users_share: float = 0.06
    private_browsers_share: float = 0.02
    laptop_share: float = 0.6
    shared_device_share: float = 0.08
    phone_logins_share: float = 0.7
    mobile_network_share: float = 0.5
    elsewhere_in_town_share: float = 0.1
    mfa_shares: tuple[float, float, float, float] = (0.05, 0.15, 0.65, 0.15)
    """None, SMS, TOTP, passkey."""
    balance_usd: Lognormal = (1_200.0, 1.7)
    allowlist_share: float = 0.2
    signups_share: float = 0.04
    """Of all users, how many open their account in the measured days."""

    # --- ordinary life
    phone_upgrades: float = 0.3
    upgrade_moves_sim_share: float = 0.3
    upgrade_resets_mfa_share: float = 0.35
    laptop_changes: float = 0.15
    cookies_lost: float = 1.0
    password_resets: float = 0.6
    contact_changes: float = 0.12
    sim_changes: float = 0.08
    sim_seen_share: float = 0.6
    leaks_found: float = 0.08
    documents_expired: float = 0.1
    order_per_login: float = 0.25
    deposit_fiat_per_login: float = 0.04
    deposit_crypto_per_login: float = 0.03
    withdrawal_per_login: float = 0.06
    p2p_per_login: float = 0.02
    new_destination_share: float = 0.15
    address_added_first_share: float = 0.6
    empties_account_share: float = 0.08

    # --- travel
    trips: float = 0.8
    trip_days: Lognormal = (5.0, 0.8)
    trip_logins_share: float = 0.8
    transit_share: float = 0.2
    flight_speed_km_per_h: float = 800.0
    inflight_login_share: float = 0.03
    roaming_home_routed_share: float = 0.45
    travel_esim_share: float = 0.12
    wifi_only_share: float = 0.2

    # --- mishaps of the innocent
    phone_lost_per_trip: float = 0.006
    name_alikes_share: float = 0.003
    name_alike_same_country_share: float = 0.3
    dusted_share_per_month: float = 0.01
    dust_direct_share: float = 0.3
    rival_reports_per_month: float = 0.002
    brigades_per_month: float = 0.0003

    # --- takeovers
    takeover_means_shares: tuple[float, float, float, float] = (0.40, 0.20, 0.20, 0.20)
    """Phishing relay, stuffed password, stolen session or device, SIM swap."""
    intruder_exit_shares: tuple[float, float, float] = (0.40, 0.35, 0.25)
    """From the intruder's own country, through an anonymiser, through an exit in the victim's country."""
    stolen_session_share: float = 0.5
    cloned_device_share: float = 0.4
    intruder_changes_password_share: float = 0.45
    intruder_changes_mfa_share: float = 0.25
    intruder_changes_contact_share: float = 0.2
    intruder_adds_address_share: float = 0.4
    intruder_adds_api_key_share: float = 0.04
    intruder_drains_at_once_share: float = 0.65
    intruder_sells_p2p_share: float = 0.1
    intruder_waits_hours: Lognormal = (0.5, 1.3)
    intruder_step_minutes: Lognormal = (4.0, 0.9)
    intruder_tries: int = 4
    intruder_retries_after_hours: Lognormal = (6.0, 0.8)
    intruder_passes_step_up: tuple[float, float, float, float] = (0.35, 0.05, 0.15, 0.10)
    victim_notices_hours: Lognormal = (14.0, 1.1)
    victim_reads_notice_share: float = 0.6
    victim_reads_notice_hours: Lognormal = (3.0, 1.0)

    # --- other crimes, per 1,000 users and month
    scam_rings: float = 0.6
    victims_per_scammer: tuple[int, int] = (2, 6)
    mules: float = 0.6
    declared_sanctioned_residents: float = 0.4
    hidden_sanctioned_residents: float = 0.4
    reregistering_evaders: float = 0.4
    conduct_cases: float = 0.6
    thieves: float = 0.4

    # --- how people and reviewers react
    owner_passes_step_up: float = 0.93
    owner_proves_when_held_share: float = 0.5
    owner_passes_liveness: float = 0.85
    owner_proves_after_hours: Lognormal = (0.5, 1.0)
    owner_contests_share: float = 0.4
    owner_contests_after_hours: Lognormal = (1.0, 1.0)
    review_paged_hours: Lognormal = (1.0, 0.8)
    review_high_hours: Lognormal = (6.0, 0.8)
    review_normal_hours: Lognormal = (14.0, 0.7)
    second_review_hours: Lognormal = (2.0, 0.8)
    reviewer_keeps_innocent: float = 0.05
    reviewer_frees_guilty: float = 0.03
    reviewer_annuls_share: float = 0.3
    documents_sent_share: float = 0.85
    documents_sent_hours: Lognormal = (12.0, 1.0)
    documents_checked_hours: Lognormal = (24.0, 0.6)

    def __post_init__(self) -> None:
        if min(self.users, self.days) < 1 or self.takeovers < 0:
            raise ValueError("a world needs at least one user and one day, and takeovers of zero or more")
        if self.takeovers > self.users:
            raise ValueError(f"{self.takeovers} takeovers need as many users, and there are {self.users}")
