"""Uploaded sound: recognise, measure, store as WebM/Opus, decode. Input is untrusted: call it in a worker.

The container is chosen by magic bytes and passed to the demuxer explicitly; only the given file is opened.
Every function raises `AudioError`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, NoReturn

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet

from antiphon.core.errors import DomainError

WEBM_RATE = 48_000
SPEECH_RATE = 16_000
MAX_BYTES = 25 * 1024 * 1024
MAX_SECONDS = 300.0

_HEAD_BYTES = 64
_EBML_HEADER = b"\x1a\x45\xdf\xa3"
_MAX_CHANNELS = 8
_FIRST_AUDIO_PACKETS = 500
_SEEKABLE = {"cues_to_front": "1"}
_GAP_SECONDS = Fraction(1, 10)
_CODEC_WHITELIST = (
    "opus,vorbis,aac,alac,flac,mp3,mp3float,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be"
    ",pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_alaw,pcm_mulaw"
)
_DECODERS = frozenset(_CODEC_WHITELIST.split(","))
_OPEN_OPTIONS = {
    "protocol_whitelist": "none",
    "format_whitelist": "matroska,webm,ogg,mov,mp4,m4a,3gp,3g2,mj2,wav,mp3,flac",
    "codec_whitelist": _CODEC_WHITELIST,
    "max_streams": "16",
    "enable_drefs": "0",
}


class Container(StrEnum):
    """Accepted file formats; the value is the demuxer's name."""

    WEBM = "matroska"
    OGG = "ogg"
    MP4 = "mp4"
    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"


_OPUS_CARRIERS = (Container.WEBM, Container.OGG)


class AudioError(DomainError):
    """The upload is refused: `empty`, `not_audio`, `too_long`, `too_large` (contracts/votel.md 18)."""

    def __init__(self, code: str, message: str = "", **details: object) -> None:
        super().__init__(message or _MESSAGES[code], field="audio", code=code, **details)


class _UnevenTimesError(Exception):
    """Packet times run backwards, so the packets cannot be copied."""


_MESSAGES = {
    "empty": "The file is empty.",
    "not_audio": "The file holds no audio that can be read.",
    "too_long": "The recording is too long.",
    "too_large": "The file is too large.",
}


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file holds. `codec` is the canonical codec name (`opus`, `aac`), `sample_rate` in Hz."""

    container: Container
    codec: str
    duration_ms: int
    channels: int
    sample_rate: int
    is_webm_opus: bool


def sniff(head: bytes) -> Container | None:
    """Container by the first 12 bytes or more, None when it is none of the accepted ones."""
    if head.startswith(_EBML_HEADER):
        return Container.WEBM
    if head.startswith(b"OggS"):
        return Container.OGG
    if head.startswith(b"fLaC"):
        return Container.FLAC
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return Container.WAV
    if head[4:8] == b"ftyp":
        return Container.MP4
    if head.startswith(b"ID3") or _is_mpeg_audio_header(head):
        return Container.MP3
    return None


def _is_mpeg_audio_header(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = (head[1] >> 3) & 3, (head[1] >> 1) & 3
    bitrate, rate = head[2] >> 4, (head[2] >> 2) & 3
    return version != 1 and layer != 0 and bitrate not in (0, 15) and rate != 3


def probe(path: Path, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS) -> AudioInfo:
    """Format and true duration of a file, by demuxing it; only its first audible packet is decoded.

    Stops as soon as `max_seconds` is exceeded. A file cut off in the middle counts for what is there.
    """
    with _open(path, max_bytes) as (container, source, stream):
        meter = _PacketMeter(stream, max_seconds)
        if not _measure_to_audible(source, stream, meter):
            raise AudioError("not_audio")
        if _is_one_recording(path, container):
            _skip_to_end(source, stream, max_seconds)
        for packet in _packets(source, stream):
            meter.add(packet)
        codec = stream.codec_context.codec.canonical_name
        return AudioInfo(
            container=container,
            codec=codec,
            duration_ms=meter.duration_ms,
            channels=stream.codec_context.layout.nb_channels,
            sample_rate=stream.codec_context.sample_rate,
            is_webm_opus=container is Container.WEBM and codec == "opus",
        )


def _measure_to_audible(source: InputContainer, stream: AudioStream, meter: _PacketMeter) -> bool:
    """Whether one of the first packets holds sound; measures up to there."""
    for packet in itertools.islice(_packets(source, stream), _FIRST_AUDIO_PACKETS):
        meter.add(packet)
        if any(frame.samples for frame in _decode_packet(packet)):
            return True
    return False


def _is_one_recording(path: Path, container: Container) -> bool:
    """Whether times run from the first packet to the last: WebM, and not several files joined end to end."""
    return container is Container.WEBM and path.read_bytes().count(_EBML_HEADER) == 1


def _skip_to_end(source: InputContainer, stream: AudioStream, max_seconds: float) -> None:
    """Go on at the last packet before `max_seconds`; the demuxer passes over clusters faster than packets."""
    base = Fraction(stream.time_base or Fraction(1, WEBM_RATE))
    with suppress(av.FFmpegError):
        source.seek(int((Fraction(max_seconds) + 1) / base), stream=stream)


def to_webm_opus(src: Path, dst: Path, max_seconds: float = MAX_SECONDS) -> AudioInfo:
    """Write `dst` as WebM/Opus with a duration and an index for seeking; returns what was written.

    Opus packets are copied as they are; anything else becomes 48 kHz Opus, mono 32 or stereo 48 kbit/s.
    """
    try:
        with _open(src) as (container, source, stream):
            codec = stream.codec_context.codec.canonical_name
            if codec == "opus" and container in _OPUS_CARRIERS:
                with suppress(_UnevenTimesError):
                    return _remux(source, stream, dst, max_seconds)
        with _open(src) as (_, source, stream):
            return _encode(source, stream, dst, max_seconds)
    except BaseException:
        if dst.is_file():
            dst.unlink()
        raise


def decode_pcm(src: Path, sample_rate: int = SPEECH_RATE, max_seconds: float = MAX_SECONDS) -> bytes:
    """Mono signed 16-bit little-endian samples; positions match the file's time line, gaps are silence."""
    with _open(src) as (_, source, stream):
        return _decode_planes(source, stream, "mono", 1, sample_rate, max_seconds)[0]


def decode_channels(
    src: Path, sample_rate: int = SPEECH_RATE, max_seconds: float = MAX_SECONDS
) -> list[bytes]:
    """As `decode_pcm`, one buffer per channel of a mono or stereo file; more channels are mixed to stereo."""
    with _open(src) as (_, source, stream):
        count = min(stream.codec_context.layout.nb_channels, 2)
        layout = "mono" if count == 1 else "stereo"
        return _decode_planes(source, stream, layout, count, sample_rate, max_seconds)


def _refuse_nested(url: object, *_: object) -> NoReturn:
    raise PermissionError("nested input")


@contextmanager
def _errors_as_not_audio() -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, EOFError, IndexError, UnicodeError, ValueError) as error:
        raise AudioError("not_audio") from error


@contextmanager
def _open(
    path: Path, max_bytes: int | None = None
) -> Iterator[tuple[Container, InputContainer, AudioStream]]:
    with path.open("rb") as file:
        container = _identify(file, path.stat().st_size, max_bytes)
        # Custom IO on an open file: the demuxer is given no protocol at all and cannot follow references.
        with _errors_as_not_audio():
            source = av.open(
                file,
                "r",
                format=container.value,
                container_options=dict(_OPEN_OPTIONS),
                metadata_errors="replace",
                io_open=_refuse_nested,
            )
        with source:
            yield container, source, _audio_stream(source)


def _identify(file: BinaryIO, size: int, max_bytes: int | None) -> Container:
    if size == 0:
        raise AudioError("empty")
    if max_bytes is not None and size > max_bytes:
        raise AudioError("too_large", max_bytes=max_bytes)
    container = sniff(file.read(_HEAD_BYTES))
    file.seek(0)
    if container is None:
        raise AudioError("not_audio")
    return container


def _audio_stream(source: InputContainer) -> AudioStream:
    with _errors_as_not_audio():
        for stream in source.streams.audio:
            context = stream.codec_context
            if (
                context is not None
                and context.codec.name in _DECODERS
                and context.sample_rate > 0
                and 1 <= context.layout.nb_channels <= _MAX_CHANNELS
            ):
                return stream
    raise AudioError("not_audio")


def _packets(source: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Packets with data, up to the first place where the container is broken."""
    with suppress(av.FFmpegError):
        for packet in source.demux(stream):
            if packet.size:
                yield packet


def _decode_packet(packet: Packet[AudioStream]) -> list[AudioFrame]:
    try:
        return packet.decode()
    except (av.FFmpegError, ValueError):
        return []


class _PacketMeter:
    """Duration by packet times, as live recordings carry none; packet lengths guard against false times."""

    def __init__(self, stream: AudioStream, max_seconds: float) -> None:
        base = Fraction(stream.time_base or Fraction(1, WEBM_RATE))
        self._ticks_per_second = float(1 / base)
        self._max_seconds = max_seconds
        self._limit = int(Fraction(max_seconds) / base)
        self._first = max(stream.start_time or 0, 0)
        self._start: int | None = None
        self._end = 0
        self._length = 0

    def add(self, packet: Packet[AudioStream]) -> None:
        length = max(packet.duration or 0, 0)
        self._length += length
        begin = packet.pts if packet.pts is not None else packet.dts
        if begin is not None:
            if self._start is None:
                self._start = max(begin, self._first)
            self._end = max(self._end, begin + length)
        if self._ticks > self._limit:
            raise AudioError("too_long", max_seconds=self._max_seconds)

    @property
    def _ticks(self) -> int:
        span = self._end - self._start if self._start is not None else 0
        # Times that run backwards (recordings joined end to end) make the span too short.
        return self._length if self._length > span + self._ticks_per_second else max(span, 0)

    @property
    def duration_ms(self) -> int:
        return round(self._ticks * 1000 / self._ticks_per_second)


def _remux(source: InputContainer, stream: AudioStream, dst: Path, max_seconds: float) -> AudioInfo:
    meter = _PacketMeter(stream, max_seconds)
    with av.open(str(dst), "w", format="webm", options=_SEEKABLE) as target:
        out = target.add_stream_from_template(stream)
        offset: int | None = None
        latest: int | None = None
        for packet in _packets(source, stream):
            meter.add(packet)
            if packet.pts is None:
                continue
            if latest is not None and packet.pts < latest:
                raise _UnevenTimesError
            latest = packet.pts
            if offset is None:
                offset = max(packet.pts, 0)
            packet.pts -= offset
            packet.dts = packet.pts
            packet.stream = out
            target.mux_one(packet)
    if offset is None:
        raise AudioError("not_audio")
    return _webm_info(meter.duration_ms, stream.codec_context.layout.nb_channels)


def _encode(source: InputContainer, stream: AudioStream, dst: Path, max_seconds: float) -> AudioInfo:
    layout = "mono" if stream.codec_context.layout.nb_channels == 1 else "stereo"
    samples = 0
    with av.open(str(dst), "w", format="webm", options=_SEEKABLE) as target:
        out = target.add_stream("libopus", rate=WEBM_RATE, options={"compression_level": "5"}, layout=layout)
        out.bit_rate = 32_000 if layout == "mono" else 48_000
        for frame in _resampled(
            source, stream, out.codec_context.format.name, layout, WEBM_RATE, max_seconds
        ):
            frame.pts = samples
            frame.time_base = Fraction(1, WEBM_RATE)
            samples += frame.samples
            target.mux(out.encode(frame))
        if samples == 0:
            raise AudioError("not_audio")
        target.mux(out.encode(None))
    return _webm_info(round(Fraction(samples * 1000, WEBM_RATE)), 1 if layout == "mono" else 2)


def _webm_info(duration_ms: int, channels: int) -> AudioInfo:
    return AudioInfo(Container.WEBM, "opus", duration_ms, channels, WEBM_RATE, is_webm_opus=True)


def _decode_planes(
    source: InputContainer, stream: AudioStream, layout: str, count: int, rate: int, max_seconds: float
) -> list[bytes]:
    planes = [bytearray() for _ in range(count)]
    for frame in _resampled(source, stream, "s16p", layout, rate, max_seconds):
        for buffer, plane in zip(planes, frame.planes, strict=True):
            buffer += memoryview(plane)[: frame.samples * 2]
    if not planes[0]:
        raise AudioError("not_audio")
    return [bytes(buffer) for buffer in planes]


def _resampled(
    source: InputContainer,
    stream: AudioStream,
    sample_format: str,
    layout: str,
    rate: int,
    max_seconds: float,
) -> Iterator[AudioFrame]:
    """Frames of one format, with silence where times jump ahead, never more than `max_seconds`."""
    resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
    limit = round((max_seconds + 1) * rate)
    produced = 0
    start: Fraction | None = None
    parameters: tuple[str, str, int] | None = None
    for packet in _packets(source, stream):
        for frame in _decode_packet(packet):
            found = (frame.format.name, frame.layout.name, frame.sample_rate)
            if parameters is not None and found != parameters:
                for last in resampler.resample(None):
                    produced += last.samples
                    yield last
                resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
            parameters = found
            if frame.pts is not None and frame.time_base is not None:
                at = frame.pts * Fraction(frame.time_base)
                start = max(at, Fraction(0)) if start is None else start
                missing = at - start - Fraction(produced, rate)
                if missing > _GAP_SECONDS:
                    if produced + missing * rate > limit:
                        raise AudioError("too_long", max_seconds=max_seconds)
                    for silence in _silence(int(missing * rate), sample_format, layout, rate):
                        produced += silence.samples
                        yield silence
            frame.pts = None
            for piece in resampler.resample(frame):
                produced += piece.samples
                if produced > limit:
                    raise AudioError("too_long", max_seconds=max_seconds)
                yield piece
    if parameters is not None:
        yield from resampler.resample(None)


def _silence(samples: int, sample_format: str, layout: str, rate: int) -> Iterator[AudioFrame]:
    while samples > 0:
        size = min(samples, rate)
        frame = AudioFrame(format=sample_format, layout=layout, samples=size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = rate
        samples -= size
        yield frame
