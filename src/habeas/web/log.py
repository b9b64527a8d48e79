"""The log: one JSON object a line, with what happened and where, and nothing that an account or a request said of anybody."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """An error is told by its type and where it was raised: its message may quote what somebody sent."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            exc = record.exc_info[1]
            said["error"] = type(exc).__name__
            said["raised"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(exc.__traceback__)][-5:]
        return json.dumps(said)


def log_as_json() -> None:
    """From now on this process logs so, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in ("habeas", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)
