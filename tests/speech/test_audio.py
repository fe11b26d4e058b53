"""Formats that browsers record and people upload: recognised, measured, converted, decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from antiphon.speech import audio
from antiphon.speech.audio import Container
from speech_sounds import RATE, encode, sine, write_wav

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}

FORMATS = [
    pytest.param("webm", "libopus", 48_000, {"live": "1"}, Container.WEBM, "opus", id="chromium-webm"),
    pytest.param("webm", "libopus", 48_000, {}, Container.WEBM, "opus", id="webm"),
    pytest.param("ogg", "libopus", 48_000, {}, Container.OGG, "opus", id="firefox-ogg"),
    pytest.param("mp4", "aac", 48_000, {}, Container.MP4, "aac", id="safari-mp4"),
    pytest.param("mp4", "aac", 48_000, FRAGMENTED, Container.MP4, "aac", id="safari-fragmented-mp4"),
    pytest.param("mp4", "libopus", 48_000, FRAGMENTED, Container.MP4, "opus", id="chromium-mp4"),
    pytest.param("mp3", "libmp3lame", 44_100, {}, Container.MP3, "mp3", id="mp3"),
    pytest.param("flac", "flac", 16_000, {}, Container.FLAC, "flac", id="flac"),
    pytest.param("wav", "pcm_s16le", 16_000, {}, Container.WAV, "pcm_s16le", id="wav"),
]


@pytest.mark.parametrize(("muxer", "encoder", "rate", "options", "container", "codec"), FORMATS)
def test_every_format_is_measured_stored_and_decoded(
    tmp_path: Path,
    tone: Path,
    muxer: str,
    encoder: str,
    rate: int,
    options: dict[str, str],
    container: Container,
    codec: str,
) -> None:
    """contracts/voicegram.md 5: `duration_seconds`, and audio that is always WebM."""
    # A false extension must not matter.
    source = encode(tone, tmp_path / "upload.bin", muxer, encoder, rate, options)
    info = audio.probe(source)
    assert (info.container, info.codec, info.channels) == (container, codec, 1)
    assert info.duration_ms == pytest.approx(3000, abs=50)
    assert info.is_webm_opus == (muxer == "webm")

    stored = tmp_path / "stored.webm"
    written = audio.to_webm_opus(source, stored)
    assert written.duration_ms == pytest.approx(3000, abs=50)
    found = audio.probe(stored)
    assert found.is_webm_opus
    assert found.duration_ms == pytest.approx(written.duration_ms, abs=2)

    for path in (source, stored):
        assert len(audio.decode_pcm(path)) / 2 / RATE == pytest.approx(3.0, abs=0.05)


def test_live_recording_becomes_seekable(tmp_path: Path) -> None:
    """contracts/voicegram.md 8: recordings are listened to by ranges, so they need a length and an index."""
    source = write_wav(tmp_path / "long.wav", [sine(20.0)])
    live = encode(source, tmp_path / "live.webm", "webm", "libopus", 48_000, {"live": "1"})
    with av.open(str(live), "r", format="matroska") as container:
        assert container.duration is None
    stored = tmp_path / "stored.webm"
    audio.to_webm_opus(live, stored)
    cues = b"\x1c\x53\xbb\x6b"
    assert cues not in live.read_bytes()
    assert cues in stored.read_bytes()[:4096]
    with av.open(str(stored), "r", format="matroska") as container:
        assert container.duration == pytest.approx(20_000_000, abs=50_000)
        container.seek(15_000_000)
        packet = next(container.demux(audio=0))
        assert packet.pts is not None
        assert 9_000 < packet.pts <= 15_000


def test_opus_packets_are_copied_not_encoded_again(tmp_path: Path, tone: Path) -> None:
    source = encode(tone, tmp_path / "a.ogg", "ogg", "libopus")
    stored = tmp_path / "stored.webm"
    audio.to_webm_opus(source, stored)

    def packets(path: Path, demuxer: str) -> list[bytes]:
        with av.open(str(path), "r", format=demuxer) as container:
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    assert packets(source, "ogg") == packets(stored, "matroska")


def test_recordings_joined_end_to_end_keep_their_whole_length(tmp_path: Path, tone: Path) -> None:
    one = encode(tone, tmp_path / "a.ogg", "ogg", "libopus")
    joined = tmp_path / "joined.ogg"
    joined.write_bytes(one.read_bytes() * 2)
    assert audio.probe(joined).duration_ms == pytest.approx(6000, abs=100)
    stored = tmp_path / "stored.webm"
    assert audio.to_webm_opus(joined, stored).duration_ms == pytest.approx(6000, abs=100)
    assert audio.probe(stored).duration_ms == pytest.approx(6000, abs=100)


def test_stereo_keeps_its_channels_apart(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "stereo.wav", [sine(1.0), [0] * RATE])
    left, right = audio.decode_channels(source)
    assert max(memoryview(left).cast("h")) > 7000
    assert set(right) == {0}
    assert len(left) == len(right) == RATE * 2
    stored = tmp_path / "stored.webm"
    assert audio.to_webm_opus(source, stored).channels == 2
    assert audio.probe(stored).channels == 2
    assert len(audio.decode_pcm(source)) == RATE * 2


def test_mono_has_one_channel(tone: Path) -> None:
    assert audio.decode_channels(tone) == [audio.decode_pcm(tone)]


def test_pause_in_the_time_line_is_decoded_as_silence(tmp_path: Path, tone: Path) -> None:
    """Word times must fit the player's clock when packets are missing."""
    source = encode(tone, tmp_path / "a.webm", "webm", "libopus")
    gapped = tmp_path / "gapped.webm"
    with (
        av.open(str(source), "r", format="matroska") as inside,
        av.open(str(gapped), "w", format="webm") as outside,
    ):
        stream = outside.add_stream_from_template(inside.streams.audio[0])
        for packet in inside.demux(audio=0):
            if packet.pts is None:
                continue
            if packet.pts >= 1000:
                packet.pts += 2000
                packet.dts = packet.pts
            packet.stream = stream
            outside.mux(packet)
    assert audio.probe(gapped).duration_ms == pytest.approx(5000, abs=50)
    pcm = audio.decode_pcm(gapped)
    assert len(pcm) / 2 / RATE == pytest.approx(5.0, abs=0.05)
    assert not any(pcm[2 * RATE * 3 // 2 : 2 * RATE * 5 // 2])


def test_sample_rate_of_the_decoded_sound_is_the_callers(tone: Path) -> None:
    assert len(audio.decode_pcm(tone, 8000)) == 8000 * 3 * 2


@pytest.mark.parametrize("work", [audio.probe, audio.decode_pcm, audio.decode_channels])
def test_longer_than_allowed_is_refused(tone: Path, work: Callable[..., object]) -> None:
    """contracts/voicegram.md 9: at most 5 minutes; contracts/votel.md 18: `too_long`."""
    with pytest.raises(audio.AudioError) as caught:
        work(tone, max_seconds=1.5)
    assert caught.value.code == "too_long"
    assert caught.value.field == "audio"


@pytest.mark.parametrize("encoder", ["pcm_s16le", "libopus"])
def test_too_long_leaves_no_file_behind(tmp_path: Path, tone: Path, encoder: str) -> None:
    source = tone if encoder == "pcm_s16le" else encode(tone, tmp_path / "a.webm", "webm", encoder)
    stored = tmp_path / "stored.webm"
    with pytest.raises(audio.AudioError) as caught:
        audio.to_webm_opus(source, stored, max_seconds=1.5)
    assert caught.value.code == "too_long"
    assert not stored.exists()


def test_bytes_are_counted_before_anything_is_read(tone: Path) -> None:
    """contracts/votel.md 18: `too_large`."""
    with pytest.raises(audio.AudioError) as caught:
        audio.probe(tone, max_bytes=1000)
    assert caught.value.code == "too_large"


def test_full_disk_is_not_the_senders_fault(tone: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with pytest.raises(OSError, match="No space left"):
        audio.to_webm_opus(tone, Path("/dev/full"))
