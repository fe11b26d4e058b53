"""Antiphon: a self-hosted voice and messaging platform."""

__version__ = "0.1.0"
