"""Client code in a process of its own, whose hub is the one on loopback and whose cache is new."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import warm
from hub.loopback import Hub

HELPERS = Path(__file__).parents[1]
ROOT = HELPERS.parents[1]
DROPPED = ("HF_", "HUGGING", "TRANSFORMERS_", "XDG_CACHE", "DISABLE_SAFETENSORS")
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}


def settings(hub: Hub | str, home: Path, **env: str) -> dict[str, str]:
    """The environment: this one without proxies and hub settings, then the hub, then `env`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(DROPPED) and name.lower() not in PROXIES
    }
    paths = (HELPERS / "hub" / "guard", ROOT, ROOT / "integrations", HELPERS)
    return {
        **kept,
        "HF_ENDPOINT": hub if isinstance(hub, str) else hub.url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Xet storage has a protocol and a client of its own, which no guard in Python sees.
        "HF_HUB_DISABLE_XET": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "LOOPBACK_ESCAPES": str(home / "escapes"),
        **env,
    }


def ask(
    hub: Hub | str, home: Path, program: str, *arguments: str, timeout: float = 180, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python program with these arguments, this hub (or this URL of one) and this cache.

    Args:
        home: becomes HF_HOME; a second process with the same one finds what the first one downloaded.
        timeout: seconds; the process is killed then, and TimeoutExpired raised.
        env: more of its environment, such as HF_HUB_OFFLINE="1".
    Raises:
        ConnectionError: it looked for another machine than this one.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", program, *arguments]
    done = warm.run(command, env=settings(hub, home, **env), cwd=home, timeout=timeout)
    escapes = home / "escapes"
    if escapes.exists():
        raise ConnectionError(f"it wanted to leave this machine: {escapes.read_text()}\n{done.stderr}")
    return done


def told(hub: Hub, home: Path, program: str, *arguments: str, **env: str) -> Any:
    """The last line that a client program prints, read as JSON."""
    done = ask(hub, home, program, *arguments, timeout=180, **env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
