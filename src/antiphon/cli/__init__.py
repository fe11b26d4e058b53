"""The command `antiphon`."""

from antiphon.cli.main import main

__all__ = ["main"]
