"""All detectors, in the order in which they judge."""

from habeas.detection import (
    conduct,
    funds,
    identity,
    login_score,
    region,
    registration,
    reputation,
    sanctions,
    scam,
    takeover,
    travel,
    vendor,
)
from habeas.detection.detector import Detector

DETECTORS: tuple[Detector, ...] = (
    sanctions.DETECTOR,
    funds.DETECTOR,
    region.DETECTOR,
    identity.DETECTOR,
    registration.DETECTOR,
    travel.DETECTOR,
    takeover.DETECTOR,
    login_score.DETECTOR,
    scam.DETECTOR,
    conduct.DETECTOR,
    reputation.DETECTOR,
    vendor.DETECTOR,
)
