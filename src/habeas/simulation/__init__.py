"""Worlds to try Habeas on: the story of the demo (`story`), told on a scripted clock (`play`)."""
