"""Text to speech behind one port."""

from antiphon.speech.synthesis.factory import ENGINES, SynthesisConfig, create_synthesiser, synthesise
from antiphon.speech.synthesis.port import Synthesis, Synthesiser

__all__ = ["ENGINES", "Synthesis", "SynthesisConfig", "Synthesiser", "create_synthesiser", "synthesise"]
