"""Uploads that are not what they say: a clear answer, no other file read, no address called."""

from __future__ import annotations

import random
import shutil
import socket
import zipfile
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame

from antiphon.core.errors import ServiceError
from antiphon.speech import audio
from antiphon.speech.workers import Lane, MediaPool
from speech_sounds import encode, sine, write_wav

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82"
)
EBML, OGG, FTYP = b"\x1a\x45\xdf\xa3", b"OggS", b"\x00\x00\x00\x18ftypisom"


def _calls(tmp_path: Path) -> list[Callable[[Path], object]]:
    return [
        audio.probe,
        lambda path: audio.to_webm_opus(path, tmp_path / "stored.webm"),
        audio.decode_pcm,
        audio.decode_channels,
    ]


def _refused(tmp_path: Path, data: bytes, code: str, name: str = "upload.webm") -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for call in _calls(tmp_path):
        with pytest.raises(audio.AudioError) as caught:
            call(path)
        assert caught.value.code == code
        assert not (tmp_path / "stored.webm").exists()


def test_empty_upload(tmp_path: Path) -> None:
    """contracts/votel.md 18: `empty`."""
    _refused(tmp_path, b"", "empty")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"hello, this is text", id="text"),
        pytest.param(PNG, id="png"),
        pytest.param(bytes(5000), id="zeros"),
        pytest.param(random.Random(1).randbytes(50_000), id="random"),
        pytest.param(EBML + bytes(200), id="broken-ebml"),
        pytest.param(EBML + random.Random(2).randbytes(5000), id="random-ebml"),
        pytest.param(OGG + random.Random(3).randbytes(5000), id="random-ogg"),
        pytest.param(FTYP + random.Random(4).randbytes(5000), id="random-mp4"),
        pytest.param(b"RIFF\xff\xff\xff\xffWAVE" + bytes(100), id="wav-without-format"),
        pytest.param(b"fLaC" + bytes(100), id="broken-flac"),
        pytest.param(b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(5000), id="tag-without-music"),
        pytest.param(b"#EXTM3U\n#EXTINF:5,\nfile:///etc/hostname\n", id="playlist"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, data: bytes) -> None:
    """contracts/votel.md 18: `not_audio`."""
    _refused(tmp_path, data, "not_audio")


def test_zip_archive_is_refused(tmp_path: Path, tone: Path) -> None:
    """contracts/votel.md 18: `not_audio`."""
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(tone)
    _refused(tmp_path, archive.read_bytes(), "not_audio")


def test_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent-film.mp4"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for at in range(10):
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts, frame.time_base = at, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    _refused(tmp_path, path.read_bytes(), "not_audio")


@pytest.mark.parametrize(
    "prefix", [b"", EBML, OGG, b"ID3\x04\x00\x00\x00\x00\x00\x00", FTYP + bytes(12), b"fLaC"]
)
@pytest.mark.parametrize("name", ["upload.webm", "upload.ffconcat", "upload.m3u8"])
def test_scripts_that_name_local_files_read_nothing(
    tmp_path: Path, tone: Path, prefix: bytes, name: str
) -> None:
    """A demuxer that guesses would open the file named inside, which is real audio."""
    scripts = (
        f"ffconcat version 1.0\nfile '{tone}'\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{tone}\n#EXT-X-ENDLIST\n",
    )
    for script in scripts:
        _refused(tmp_path, prefix + script.encode(), "not_audio", name)
    with av.open(str(tone), "r") as container:
        assert container.streams.audio, "the named file is readable, so only the refusal protects it"


def test_scripts_that_name_addresses_call_nobody(tmp_path: Path) -> None:
    """A session description or a playlist must not make the server listen or connect."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        port = server.getsockname()[1]
        datagrams.bind(("127.0.0.1", 0))
        rtp = datagrams.getsockname()[1]
        server.setblocking(False)
        datagrams.setblocking(False)
        session = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {rtp} RTP/AVP 0\n"
        for script in (
            session,
            f"ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.wav\n",
            f"#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        ):
            for prefix in (b"", EBML, FTYP + bytes(12), OGG):
                _refused(tmp_path, prefix + script.encode(), "not_audio")
        for listener in (server.accept, lambda: datagrams.recv(100)):
            with pytest.raises(BlockingIOError):
                listener()


def _atom(name: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + name + body


def _alias(path: Path) -> bytes:
    """A data reference of the Macintosh kind: volume, file name, then the absolute path with colons."""
    volume = b"V"
    absolute = volume + str(path).replace("/", ":").encode()
    assert len(absolute) % 2 == 0
    record = b"\x00" * 10 + bytes([len(volume)]) + volume.ljust(27, b"\x00") + b"\x00" * 12
    record += bytes([1]) + b"f".ljust(63, b"\x00") + b"\x00" * 16 + b"\xff\xff\xff\xff" + b"\x00" * 16
    record += (2).to_bytes(2, "big") + len(absolute).to_bytes(2, "big") + absolute + b"\xff\xff\x00\x00"
    return _atom(b"alis", b"\x00\x00\x00\x00" + record)


def test_mp4_that_keeps_its_samples_in_another_file_reads_nothing(tmp_path: Path) -> None:
    """An `alis` data reference names an outside file; the sound in it must stay unread."""
    source = encode(write_wav(tmp_path / "tone.wav", [sine(1.0)]), tmp_path / "a.mp4", "mp4", "aac")
    data = source.read_bytes()
    # Records of the reference have an even length.
    outside = tmp_path / ("a.m4a" if len(str(tmp_path)) % 2 else "ab.m4a")
    outside.write_bytes(data)
    own = _atom(b"url ", b"\x00\x00\x00\x01")
    assert data.count(own) == 1
    # The media data is destroyed, so sound can only come from the file that the reference names.
    media = data.index(b"mdat") + 4
    size = int.from_bytes(data[media - 8 : media - 4], "big") - 8
    hollow = data[:media] + bytes(size) + data[media + size :]
    foreign = _alias(outside)
    grown = len(foreign) - len(own)
    changed = bytearray(hollow.replace(own, foreign))
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        at = changed.index(name) - 4
        changed[at : at + 4] = (int.from_bytes(changed[at : at + 4], "big") + grown).to_bytes(4, "big")
    path = tmp_path / "upload.mp4"
    path.write_bytes(bytes(changed))
    loudest = 0
    with suppress(audio.AudioError):
        loudest = max(memoryview(audio.decode_pcm(path)).cast("h"))
    assert loudest < 100
    with av.open(
        str(path), "r", format="mp4", container_options={"enable_drefs": "1", "use_absolute_path": "1"}
    ) as container:
        heard = [bytes(frame.planes[0]) for frame in container.decode(audio=0)]
    assert any(any(plane) for plane in heard), "the reference works for a demuxer that follows it"


@pytest.mark.parametrize(
    ("muxer", "encoder", "options"),
    [
        ("webm", "libopus", {"live": "1"}),
        ("ogg", "libopus", {}),
        ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov", "frag_duration": "200000"}),
        ("mp3", "libmp3lame", {}),
        ("flac", "flac", {}),
        ("wav", "pcm_s16le", {}),
    ],
)
def test_truncated_recording_counts_for_what_is_there(
    tmp_path: Path, muxer: str, encoder: str, options: dict[str, str]
) -> None:
    tone = write_wav(tmp_path / "tone.wav", [sine(8.0)])
    rate = 16_000 if encoder in ("flac", "pcm_s16le") else 48_000
    whole = encode(tone, tmp_path / "whole", muxer, encoder, rate, options).read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(whole[: len(whole) // 2])
    info = audio.probe(path)
    assert 2500 < info.duration_ms < 5500
    stored = tmp_path / "stored.webm"
    written = audio.to_webm_opus(path, stored)
    assert abs(written.duration_ms - info.duration_ms) < 300
    assert abs(len(audio.decode_pcm(path)) // 32 - info.duration_ms) < 300
    path.write_bytes(whole[:20])
    with pytest.raises(audio.AudioError):
        audio.probe(path)


SILENT_SECONDS = 2 * 3600


def _silence_bomb(path: Path, muxer: str, encoder: str, rate: int, options: dict[str, str]) -> Path:
    """Hours of silence in a small file; the packets of Opus, all alike, are copied instead of encoded."""
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=rate, layout="mono", options=options)
        size = stream.codec_context.frame_size or 4608
        frame = AudioFrame(format=stream.codec_context.format.name, layout="mono", samples=size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = rate
        at = every = 0
        encoded_seconds = 60 if encoder == "libopus" else SILENT_SECONDS
        for start in range(0, encoded_seconds * rate, size):
            frame.pts, frame.time_base = start, Fraction(1, rate)
            for packet in stream.encode(frame):
                silence, base = bytes(packet), packet.time_base
                every, at = packet.pts - at if packet.pts else 0, packet.pts
                container.mux(packet)
        while at * base < SILENT_SECONDS and encoder == "libopus":
            at += every
            packet = av.Packet(silence)
            packet.stream, packet.time_base = stream, base
            packet.pts = packet.dts = at
            container.mux(packet)
        if encoder != "libopus":
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("muxer", "encoder", "rate", "options"),
    [
        (
            "webm",
            "libopus",
            8000,
            {"frame_duration": "60", "b": "6000", "dtx": "1", "compression_level": "0"},
        ),
        ("flac", "flac", 8000, {"compression_level": "0"}),
    ],
)
def test_hours_of_silence_in_a_small_file_are_refused_without_decoding_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    muxer: str,
    encoder: str,
    rate: int,
    options: dict[str, str],
) -> None:
    """contracts/votel.md 18: `too_long`; the packets are only counted, and only up to the limit."""
    path = _silence_bomb(tmp_path / "bomb", muxer, encoder, rate, options)
    assert path.stat().st_size < audio.MAX_BYTES
    decoded: list[int] = []
    decode = audio._decode_packet

    def counted(packet: av.Packet) -> list[AudioFrame]:
        frames = decode(packet)
        decoded.extend(frame.samples for frame in frames)
        return frames

    monkeypatch.setattr(audio, "_decode_packet", counted)
    with pytest.raises(audio.AudioError) as caught:
        audio.probe(path)
    assert caught.value.code == "too_long"
    assert sum(decoded) < rate * 6

    decoded.clear()
    for call in _calls(tmp_path)[1:]:
        with pytest.raises(audio.AudioError) as caught:
            call(path)
        assert caught.value.code == "too_long"
        assert sum(decoded) <= 48_000 * (audio.MAX_SECONDS + 10)
        decoded.clear()


def test_false_packet_times_do_not_get_around_the_limit(tmp_path: Path, tone: Path) -> None:
    """Every packet claims the same moment, so the packet lengths must count."""
    source = encode(tone, tmp_path / "a.webm", "webm", "libopus")
    path = tmp_path / "frozen.webm"
    with (
        av.open(str(source), "r", format="matroska") as inside,
        av.open(str(path), "w", format="webm") as outside,
    ):
        stream = outside.add_stream_from_template(inside.streams.audio[0])
        for packet in inside.demux(audio=0):
            if packet.size:
                packet.pts = packet.dts = 0
                packet.stream = stream
                outside.mux(packet)
    for call in (audio.probe, audio.decode_pcm):
        with pytest.raises(audio.AudioError) as caught:
            call(path, max_seconds=1.0)
        assert caught.value.code == "too_long"


async def test_flipped_bytes_never_take_the_pool_down(pool: MediaPool, tmp_path: Path, tone: Path) -> None:
    """Each damaged file gives sound or an error; the worker answers the next call."""
    source = random.Random(11)
    formats = [
        ("webm", "libopus"),
        ("ogg", "libopus"),
        ("mp4", "aac"),
        ("mp3", "libmp3lame"),
        ("flac", "flac"),
    ]
    outcomes: set[str] = set()
    for muxer, encoder in formats:
        rate = 16_000 if encoder == "flac" else 48_000
        whole = encode(tone, tmp_path / f"whole.{muxer}", muxer, encoder, rate).read_bytes()
        for _ in range(12):
            damaged = bytearray(whole)
            for _ in range(source.choice((1, 20, 400))):
                damaged[source.randrange(len(damaged))] = source.randrange(256)
            path = tmp_path / "damaged"
            path.write_bytes(damaged)
            for function, arguments in (
                (audio.probe, (path,)),
                (audio.to_webm_opus, (path, tmp_path / "stored.webm")),
                (audio.decode_pcm, (path,)),
            ):
                try:
                    await pool.run(function, *arguments, lane=Lane.QUICK, timeout=30)
                    outcomes.add("sound")
                except (audio.AudioError, ServiceError) as error:
                    outcomes.add(getattr(error, "code", "service"))
    assert "sound" in outcomes
    assert await pool.run(audio.probe, tone, lane=Lane.QUICK) == audio.probe(tone)


def test_nothing_is_read_through_a_path_that_looks_like_an_address(tmp_path: Path, tone: Path) -> None:
    """The path itself is opened as a file, whatever its name means to a demuxer."""
    odd = tmp_path / "concat:a|b"
    shutil.copyfile(tone, odd)
    assert audio.probe(odd) == audio.probe(tone)
