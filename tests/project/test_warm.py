"""A program that the warm server forks begins and ends as with an interpreter of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).parents[2]
BEGUN = """
import os, signal, sys, threading
print(sys.argv, __name__, sys.path[:3], os.getcwd(), os.environ["COLUMNS"], "GONE" in os.environ)
print(sorted(name for name in globals() if name not in {"__file__", "__cached__"}))
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE)])
print(threading.active_count(), sys.modules["__main__"].__dict__ is globals(), sys.stdin.read())
print(sys.stdout.encoding, sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stdout.seekable())
"""
ENDED = """
import atexit, sys, threading, time
class Last:
    def __del__(self): print("last")
last = Last()
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.2), print("of a thread"))).start()
def fail():
    raise ValueError("노을지는 바다")
"""


def environment(hub: str) -> dict[str, str]:
    """One that the second server is right for, or with an address of a hub the first."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    given = {**warm.servers().environment, "COLUMNS": "77", "PYTHONPATH": paths, "HF_ENDPOINT": hub}
    if not hub:
        del given["HF_ENDPOINT"]
    return given  # with variables that are empty: one left out would be another environment


@pytest.fixture(params=["", "http://127.0.0.1:9"])
def env(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return environment(request.param)


def both(command: list[str], env: dict[str, str], **options: str) -> list[tuple[int, str, str]]:
    """How it goes with the server, and with an interpreter."""
    given = [sys.executable, *command]
    ours = warm.run(given, env=env, cwd=ROOT, **options)  # type: ignore[arg-type]
    text = options.get("input", "")
    theirs = subprocess.run(given, env=env, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return [(done.returncode, done.stdout, done.stderr) for done in (ours, theirs)]


@pytest.mark.parametrize("kind", ["-c", "-m", "file"])
def test_a_program_begins_as_with_an_interpreter(kind: str, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "begun.py").write_text(BEGUN)
    env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    command = {"-c": ["-c", BEGUN], "-m": ["-m", "begun"], "file": [str(tmp_path / "begun.py")]}[kind]
    ours, theirs = both([*command, "one", "-x"], env, input="노을")
    assert ours == theirs
    assert "노을" in ours[1]


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit()",
        "sys.exit(300)",
        "sys.exit('goodbye')",
        "fail()",
        "raise KeyboardInterrupt",
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT); time.sleep(9)",
        "this is no Python",
    ],
)
def test_a_program_ends_as_with_an_interpreter(env: dict[str, str], end: str) -> None:
    ours, theirs = both(["-c", ENDED + end], env)
    assert ours == theirs


def test_an_error_in_a_module_or_a_file_is_shown_as_by_an_interpreter(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text(ENDED + "fail()")
    env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    for command in (["-m", "failing"], [str(tmp_path / "failing.py")], ["-m", "no_such_module"]):
        ours, theirs = both(command, env)
        assert ours == theirs
        assert ours[0] == 1


def test_the_guard_of_the_hub_tests_is_in_the_child(env: dict[str, str], tmp_path: Path) -> None:
    env["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT / "tests" / "helpers" / "hub" / "guard"), env["PYTHONPATH"]]
    )
    env["LOOPBACK_ESCAPES"] = str(tmp_path / "escapes")
    done = warm.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9))"], env=env
    )
    assert done.returncode == 1
    assert "192.0.2.1: only this machine may be reached" in done.stderr
    assert (tmp_path / "escapes").read_text() == "socket.getaddrinfo 192.0.2.1\n"


def test_a_program_that_takes_too_long_is_killed(env: dict[str, str], tmp_path: Path) -> None:
    program = "import os, time; open('pid', 'w').write(str(os.getpid()))\n"
    program += "time.sleep(60)"
    with pytest.raises(subprocess.TimeoutExpired):
        warm.run([sys.executable, "-c", program], env=env, cwd=tmp_path, timeout=3)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_is_spoken_with_and_killed(env: dict[str, str]) -> None:
    pipe = subprocess.PIPE
    program = "import os, time; print(os.getpid(), flush=True)\nprint(input(), flush=True); time.sleep(60)"
    with warm.start([sys.executable, "-c", program], env=env, stdin=pipe, stdout=pipe) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == f"{process.pid}\n"
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "go on\n"
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM


def test_programs_run_at_once_and_draw_numbers_of_their_own(env: dict[str, str]) -> None:
    program = "import time, random, numpy; time.sleep(1); print(random.random(), numpy.random.rand())"
    began = time.monotonic()
    command = [sys.executable, "-c", program]
    several = [warm.start(command, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    drawn = {number for each in several for number in each.communicate()[0].split()}
    assert time.monotonic() - began < 3
    assert len(drawn) == 8


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_each_environment_gets_the_modules_that_it_would_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    program = "import os, sys; print('torch' in sys.modules, 'transformers' in sys.modules)\n"
    program += "print('huggingface_hub' in sys.modules)\n"
    program += "print(len(os.listdir('/proc/self/task')), os.getppid())\n"
    program += "print(len(os.listdir(f'/proc/{os.getppid()}/task')))"
    command, found = [sys.executable, "-c", program], []
    for given in (
        environment(""),
        environment("http://127.0.0.1:9"),
        {**environment(""), "HOME": "/nowhere"},
    ):
        found.append(warm.run(command, env=given).stdout.split())
    assert [(torch, others, hub) for torch, others, hub, *_ in found] == [
        ("True", "True", "True"),
        ("True", "False", "False"),
        ("False", "False", "False"),
    ]
    assert [each[3] for each in found] == ["1"] * 3  # threads
    assert [each[5] for each in found[:2]] == ["1"] * 2  # and those of the servers
    assert found[2][4] == str(os.getpid())
