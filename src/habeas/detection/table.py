"""All detectors, in the order in which they judge."""

from habeas.detection import funds, identity, region, reputation, sanctions, takeover, travel, vendor
from habeas.detection.detector import Detector

DETECTORS: tuple[Detector, ...] = (
    sanctions.DETECTOR,
    funds.DETECTOR,
    region.DETECTOR,
    identity.DETECTOR,
    travel.DETECTOR,
    takeover.DETECTOR,
    reputation.DETECTOR,
    vendor.DETECTOR,
)
