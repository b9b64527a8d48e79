"""All detectors, in the order in which they judge."""

from habeas.detection import (
    conduct,
    funds,
    identity,
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
    scam.DETECTOR,
    conduct.DETECTOR,
    reputation.DETECTOR,
    vendor.DETECTOR,
)
