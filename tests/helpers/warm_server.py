"""A process that has imported what takes long, and forks a child for each program that `warm` asks for.

The argument is the number of a socket. What comes through it is descriptors: those of a request, of
where to say how the program goes, and of its stdin, stdout and stderr; or of one more socket, for a
server of the second kind, which has imported the model's classes and Chroma too.
"""

import atexit
import builtins
import gc
import importlib
import importlib.machinery
import json
import os
import random
import runpy
import select
import signal
import socket
import sys
import threading
import types
from contextlib import suppress
from pathlib import Path

# What transformers and the hub's client import of others, and what lancedb does. None of it reads what
# `warm.READ_BY_THE_HUB` names; none starts a thread.
OTHERS = (
    "PIL.Image", "anyio", "filelock", "h2.connection", "httpx2", "jinja2", "lance_namespace", "numpy",
    "psutil", "regex", "safetensors.torch", "scipy.optimize", "sentencepiece", "tokenizers", "torch",
    "torch._dynamo", "torch.distributed.checkpoint", "torch.distributed.elastic.agent.server.api",
    "torch.distributed.tensor", "torch.export", "torch.nn.attention.flex_attention", "truststore",
    "unittest.mock", "yaml", "zstandard",
)  # fmt: skip
MODEL = (
    "chromadb",
    "transformers.models.clip.modeling_clip",
    "clip_embeddings.models.transformers.encoder",
    "clip_embeddings.embedder",
)
ROOT = Path(__file__).resolve().parents[2]


def load(modules: tuple[str, ...], *paths: str) -> None:
    before = sys.path[:]
    sys.path[:0] = paths
    for name in modules:
        with suppress(ImportError):  # an environment without it
            importlib.import_module(name)
    sys.path[:] = before
    gc.collect()
    gc.freeze()  # else a collection in a child writes to every page that it shares with this process


def next_child(requests: socket.socket) -> list[int]:
    """Serves, and returns in each child with the descriptors that are its own."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    telling: dict[int, int] = {}
    waiting = select.poll()  # descriptors of any number, where select stops at 1023
    for each in (requests.fileno(), wake):
        waiting.register(each, select.POLLIN)
    while True:
        if wake in {ready for ready, _ in waiting.poll()}:
            os.read(wake, 4096)
            tell_of_the_dead(telling)
            continue
        _, given, _, _ = socket.recv_fds(requests, 1, 5)
        if not given:
            os._exit(0)  # nobody asks any more
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            requests.close()
            for descriptor in (wake, woken, *telling.values()):
                os.close(descriptor)
            return given
        telling[child] = os.dup(given[min(1, len(given) - 1)])
        for descriptor in given:
            os.close(descriptor)
        if len(given) > 1:
            os.write(telling[child], f"{child}\n".encode())


def tell_of_the_dead(telling: dict[int, int]) -> None:
    while telling:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        with suppress(OSError):  # nobody waits for it
            os.write(telling[child], f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(telling.pop(child))


def dress(given: list[int]) -> list[str]:
    """Make this process what a fresh interpreter would be; return its command."""
    with os.fdopen(given[0], encoding="utf-8") as stream:
        request = json.load(stream)
    os.close(given[1])
    for number, descriptor in enumerate(given[2:]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    paths = os.environ.get("PYTHONPATH")
    sys.path[:0] = map(os.path.abspath, paths.split(os.pathsep)) if paths else ()
    sys.path[:] = dict.fromkeys(sys.path)
    importlib.invalidate_caches()
    sys.modules.pop("sitecustomize", None)
    with suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")
    command: list[str] = request["command"]
    return command


def execute(kind: str, *arguments: str) -> None:
    """`-c` and a program, `-m` and a module, or a file; with arguments."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__annotations__={}, __builtins__=builtins)
    main.__loader__ = importlib.machinery.BuiltinImporter
    sys.modules["__main__"] = main
    sys.argv = [kind, *arguments[kind in {"-c", "-m"} :]]
    if kind == "-m":
        sys.path.insert(0, str(Path.cwd()))
        runpy._run_module_as_main(arguments[0])  # type: ignore[attr-defined]
        return
    if kind == "-c":
        name, source = "<string>", arguments[0].encode()
        sys.path.insert(0, "")
    else:
        name, source = str(Path(kind).absolute()), Path(kind).read_bytes()
        main.__file__, main.__loader__ = name, importlib.machinery.SourceFileLoader("__main__", name)
        sys.path.insert(0, str(Path(kind).resolve().parent))
    exec(compile(source, name, "exec"), main.__dict__)


def outcome_of(command: list[str]) -> int:
    """The exit code, or that of a signal; errors are printed without the frames of this file."""
    try:
        execute(*command)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        if isinstance(error, KeyboardInterrupt):
            return -signal.SIGINT
    else:
        return 0
    return 1


def end(code: int) -> None:
    """What an interpreter does at its end, but for taking modules apart, which takes the longest."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError, OSError):  # closed, or nobody reads it
            stream.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file
    load(OTHERS)
    own = [int(sys.argv[1])]
    while len(own) == 1:
        requests = socket.socket(fileno=own[0])
        own = next_child(requests)
        if len(own) == 1:
            load(MODEL, str(ROOT), str(ROOT / "integrations"))
    end(outcome_of(dress(own)))
