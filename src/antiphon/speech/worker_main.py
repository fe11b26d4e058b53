"""One media worker process: reads pickled calls from standard input, answers on standard output.

Started by `antiphon.speech.workers`; ends when its input closes or its parent dies.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from typing import BinaryIO

from antiphon.core.errors import AntiphonError, ErrorCategory, ServiceError

HEADER = struct.Struct("!Q")
READY = b"ready"

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """`arguments`: parent's process id, niceness, address space limit in bytes (0 = none)."""
    parent, niceness, address_space = (int(value) for value in arguments)
    _tie_to_parent(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if address_space:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = address_space if hard == resource.RLIM_INFINITY else min(address_space, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    # Libraries print to descriptor 1; only replies may reach the pipe.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return _serve(sys.stdin.buffer, replies)


def _tie_to_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(0)


def _serve(calls: BinaryIO, replies: BinaryIO) -> int:
    _send(replies, READY)
    while header := calls.read(HEADER.size):
        body = calls.read(HEADER.unpack(header)[0])
        _send(replies, _answer(body))
    return 0


def _send(replies: BinaryIO, body: bytes) -> None:
    replies.write(HEADER.pack(len(body)))
    replies.write(body)
    replies.flush()


def _answer(body: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(body)  # noqa: S301 - the parent wrote it
        return pickle.dumps((True, function(*arguments)))
    except AntiphonError as error:
        return pickle.dumps((False, (type(error), error.args, error.__dict__)))
    except Exception as error:
        print(traceback.format_exc(), file=sys.stderr, flush=True)
        message = f"{type(error).__name__}: {error}"
        failure = ServiceError(ErrorCategory.SERVER, message, service="media worker")
        return pickle.dumps((False, (ServiceError, failure.args, failure.__dict__)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
