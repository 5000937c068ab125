"""What a terminal may be sent: a name or a stored text may not steer it. Imports the standard library."""

import re
import shlex
import subprocess
import sys
import unicodedata

_CONTROLS = re.compile("[\x7f-\x9f]")


def quoted(*words: object) -> str:
    """Words of a command as a shell takes them: a folder may have a space in its name."""
    named = [str(word) for word in words]
    return subprocess.list2cmdline(named) if sys.platform == "win32" else shlex.join(named)


def harmless(text: str) -> str:
    """The text with a space for each control character but the line's end: a name may hold ESC and others."""
    if text.isprintable():
        return text
    return "".join(" " if c != "\n" and unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def harmless_json(text: str) -> str:
    """JSON that means the same: it may have C1 control characters as they are, which terminals obey."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
