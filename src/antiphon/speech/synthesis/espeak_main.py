"""Program that speaks standard input into a WAV file with espeak-ng: `espeak_main VOICE FILE`.

It imports nothing of Antiphon and is only ever run as its own process, because the library is under the GPL.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
import wave
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]  # the package ships no types

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_LONGEST_DATA_PATH = 140
_UNKNOWN_VOICE_STATUS = 3

_Samples = ctypes.POINTER(ctypes.c_short)
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, _Samples, ctypes.c_int, ctypes.c_void_p)


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


def main(arguments: list[str]) -> int:
    voice, target = arguments
    text = sys.stdin.buffer.read()
    with tempfile.TemporaryDirectory() as folder:
        return _speak(text, voice, target, _data_path(Path(folder)))


def _data_path(folder: Path) -> bytes:
    """The library keeps its data path in a short fixed buffer."""
    path = Path(espeakng_loader.get_data_path())
    if len(bytes(path)) > _LONGEST_DATA_PATH:
        link = folder / "espeak-ng-data"
        link.symlink_to(path, target_is_directory=True)
        path = link
    return bytes(path)


def _speak(text: bytes, voice: str, target: str, data_path: bytes) -> int:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path, _INITIALIZE_DONT_EXIT)
    if rate <= 0:
        print("espeak-ng does not start", file=sys.stderr)
        return 1
    # The files of some languages are not named as the language: "en-gb" is "en".
    by_language = _Voice(languages=voice.encode())
    if library.espeak_SetVoiceByName(voice.encode()) and library.espeak_SetVoiceByProperties(
        ctypes.byref(by_language)
    ):
        return _UNKNOWN_VOICE_STATUS
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)

        def receive(samples: ctypes._Pointer[ctypes.c_short], count: int, _: int | None) -> int:
            if samples and count:
                file.writeframes(ctypes.string_at(samples, count * 2))
            return 0

        callback = _Callback(receive)
        library.espeak_SetSynthCallback(callback)
        buffer = ctypes.create_string_buffer(text)
        size = ctypes.c_size_t(len(text) + 1)
        status = library.espeak_Synth(buffer, size, 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
        library.espeak_Synchronize()
    return 0 if status == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
