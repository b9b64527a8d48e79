"""All detectors, in the order in which they judge."""

from habeas.detection import funds, identity, login_score, region, reputation, sanctions, takeover, travel, vendor
from habeas.detection.detector import Detector

DETECTORS: tuple[Detector, ...] = (
    sanctions.DETECTOR,
    funds.DETECTOR,
    region.DETECTOR,
    identity.DETECTOR,
    travel.DETECTOR,
    takeover.DETECTOR,
    login_score.DETECTOR,
    reputation.DETECTOR,
    vendor.DETECTOR,
)
