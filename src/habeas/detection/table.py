"""All detectors, in the order in which they judge."""

from habeas.detection import region, takeover, travel
from habeas.detection.detector import Detector

DETECTORS: tuple[Detector, ...] = (region.DETECTOR, travel.DETECTOR, takeover.DETECTOR)
