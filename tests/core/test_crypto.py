from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core import crypto
from antiphon.core.clock import HOUR, ManualClock
from antiphon.core.crypto import Cipher, CipherError, Signer, WrongKeyError, load_or_create_key
from antiphon.core.errors import ConfigurationError

MASTER = bytes(range(32))


def test_key_is_created_once_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_key_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        load_or_create_key(tmp_path / "key")
    finally:
        os.umask(previous)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from antiphon.core.crypto import load_or_create_key; "
        "sys.stdin.readline(); print(load_or_create_key(Path(sys.argv[1])).hex())"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "key")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(6)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    keys = {child.communicate()[0].strip() for child in children}
    assert keys == {(tmp_path / "key").read_bytes().hex()}
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_a_key_made_by_a_faster_process_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_bytes(MASTER)
    path.chmod(0o600)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert load_or_create_key(path) == MASTER
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_key_of_another_size_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="32 bytes"):
        load_or_create_key(path)


def test_key_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigurationError, match="regular file"):
        load_or_create_key(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="directory"):
        load_or_create_key(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        load_or_create_key(tmp_path / "file" / "key")


@given(st.binary(max_size=300), st.text(max_size=20))
def test_sealed_value_opens_again(plaintext: bytes, context: str) -> None:
    cipher = Cipher(MASTER)
    assert cipher.open(cipher.seal(plaintext, context), context) == plaintext


def test_sealed_text_is_fresh_each_time_and_hides_the_plaintext() -> None:
    cipher = Cipher(MASTER)
    first, second = cipher.seal("vg_whsec_abc", "s"), cipher.seal("vg_whsec_abc", "s")
    assert first != second
    assert "whsec" not in first
    assert cipher.open(first, "s") == b"vg_whsec_abc"


def test_sealed_value_needs_its_context() -> None:
    cipher = Cipher(MASTER)
    with pytest.raises(CipherError):
        cipher.open(cipher.seal("x", "webhook:1"), "webhook:2")


def test_another_master_key_is_named_as_the_cause() -> None:
    token = Cipher(MASTER).seal("x", "s")
    with pytest.raises(WrongKeyError, match="another key"):
        Cipher(bytes(32)).open(token, "s")


def test_any_changed_character_is_noticed() -> None:
    cipher = Cipher(MASTER)
    token = cipher.seal("some secret text", "s")
    # The last character may carry unused bits only; every other one counts.
    for index in range(len(token) - 1):
        other = "A" if token[index] != "A" else "B"
        with pytest.raises(CipherError):
            cipher.open(token[:index] + other + token[index + 1 :], "s")


@pytest.mark.parametrize("token", ["", "v1", "v1.", "v2.00000000.AAAA", "plain text", "v1.00000000.AAAA"])
def test_unsealed_text_is_a_cipher_error(token: str) -> None:
    with pytest.raises(CipherError):
        Cipher(MASTER).open(token, "s")


def test_short_or_garbled_body_is_a_cipher_error() -> None:
    cipher = Cipher(MASTER)
    head = cipher.seal("x", "s").rsplit(".", 1)[0]
    for body in ("", "AAAA", "!!!!", "A" * 37, "é" * 40):
        with pytest.raises(CipherError):
            cipher.open(f"{head}.{body}", "s")


def test_derived_keys_differ_by_purpose_and_master() -> None:
    keys = {
        Cipher(MASTER).derive("links"),
        Cipher(MASTER).derive("sessions"),
        Cipher(bytes(32)).derive("links"),
    }
    assert len(keys) == 3
    assert Cipher(MASTER).derive("links") in keys
    assert all(len(key) == 32 for key in keys)


def test_wrong_master_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(b"short")


def test_signature_is_url_safe_and_bound_to_data_and_key() -> None:
    signer = Signer(MASTER)
    signature = signer.sign("voicegrams/1.webm")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", signature)
    assert signer.verify("voicegrams/1.webm", signature)
    assert not signer.verify("voicegrams/2.webm", signature)
    assert not Signer(bytes(32)).verify("voicegrams/1.webm", signature)
    for wrong in ("", "é", "\ud800", signature[:-1], signature + "=", signature.swapcase()):
        assert not signer.verify("voicegrams/1.webm", wrong)


def test_token_carries_its_payload_until_it_expires() -> None:
    clock = ManualClock()
    signer = Signer(MASTER)
    token = signer.issue({"email": "visitor@example.org", "n": [1, None]}, clock.now() + HOUR)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    clock.advance(HOUR - 1)
    assert signer.read(token, clock.now()) == {"email": "visitor@example.org", "n": [1, None]}
    clock.advance(1)
    assert signer.read(token, clock.now()) is None


def test_foreign_or_changed_tokens_read_as_none() -> None:
    signer = Signer(MASTER)
    token = signer.issue({"a": 1}, 2_000)
    body, signature = token.split(".")
    wrong = [
        "",
        ".",
        body,
        body + ".",
        "." + signature,
        body[:-1] + "." + signature,
        Signer(bytes(32)).issue({"a": 1}, 2_000),
        token + "=",
        "\ud800.é",
        "A" * 100_000 + "." + signature,
    ]
    assert all(signer.read(item, 0) is None for item in wrong)
    for index in range(len(token)):
        other = "A" if token[index] != "A" else "B"
        assert signer.read(token[:index] + other + token[index + 1 :], 0) is None


def test_a_plain_signature_is_no_token() -> None:
    signer = Signer(MASTER)
    body = signer.issue({"admin": True}, 2_000).split(".")[0]
    assert signer.read(f"{body}.{signer.sign(body)}", 0) is None


def test_password_hash_verifies_only_its_password() -> None:
    stored = crypto.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert crypto.verify_password(stored, "correct horse battery")
    assert not crypto.verify_password(stored, "correct horse batterY")
    assert not crypto.verify_password(stored, "")
    assert not crypto.password_needs_rehash(stored)
    assert crypto.hash_password("correct horse battery") != stored


def test_password_in_either_unicode_form_is_the_same() -> None:
    stored = crypto.hash_password(unicodedata.normalize("NFC", "Müßiggänger"))
    assert crypto.verify_password(stored, unicodedata.normalize("NFD", "Müßiggänger"))
    assert not crypto.verify_password(stored, "\ud800")


def test_unknown_user_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = crypto._hasher.verify

    class Recorder:
        def verify(self, stored: str, password: bytes) -> bool:
            verified.append(stored)
            return real(stored, password)

    monkeypatch.setattr(crypto, "_hasher", Recorder())
    assert not crypto.verify_password(None, "anything")
    monkeypatch.undo()
    assert not crypto.password_needs_rehash(verified[0])  # the parameters of real hashes
    assert not crypto.verify_password("not a hash", "anything")


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (crypto.new_pat, r"vg_pat_[0-9a-f]{64}"),
        (crypto.new_webhook_secret, r"vg_whsec_[0-9a-f]{64}"),
        (crypto.new_secret_key, r"sk_[0-9A-Za-z]{32}"),
        (crypto.new_public_key, r"pk_[0-9A-Za-z]{32}"),
    ],
)
def test_credentials_have_their_published_form(make: Callable[[], str], pattern: str) -> None:
    """contracts/voicegram.md 1 and 4.5."""
    values = {make() for _ in range(50)}
    assert len(values) == 50
    assert all(re.fullmatch(pattern, value) for value in values)


def test_codes_have_six_digits_and_may_start_with_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """contracts/voicegram.md 9."""
    assert all(re.fullmatch(r"[0-9]{6}", crypto.new_code()) for _ in range(200))
    bounds: list[int] = []
    monkeypatch.setattr(crypto.secrets, "randbelow", lambda bound: bounds.append(bound) or 7)
    assert crypto.new_code() == "000007"
    assert bounds == [1_000_000]


def test_sha256_hex_is_of_the_utf8_text() -> None:
    assert crypto.sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(crypto.sha256_hex("\ud800")) == 64
