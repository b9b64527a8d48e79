"""Habeas restricts accounts for reasons that can be shown, tells their holders why, and releases them."""

__version__ = "0.1.0"
