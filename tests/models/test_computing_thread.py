"""Where torch computes on a CPU: one thread beside the main one, with the caller's settings, after a fork."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
import warm

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.running.thread import ComputingThread, compute
from clip_embeddings.models.transformers import encoder as hf

CPU = torch.device("cpu")
T = TypeVar("T")


def elsewhere(work: Callable[..., T], *arguments: Any) -> T:
    """What a thread that is not the main one gets."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


def test_one_thread_computes_for_all_but_the_main_one() -> None:
    with ThreadPoolExecutor(4) as pool:
        used = set(pool.map(lambda _: compute(CPU, threading.current_thread), range(20)))
    used.add(elsewhere(compute, CPU, threading.current_thread))
    (thread,) = used
    assert thread.name.startswith("clip-model")
    assert compute(CPU, threading.current_thread) is threading.main_thread()


def test_another_device_has_no_need_of_it() -> None:
    place = elsewhere(lambda: (compute(torch.device("cuda"), threading.get_ident), threading.get_ident()))
    assert place[0] == place[1]


def test_both_towers_and_token_states_run_there(tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    used = list[str]()

    def noted(encode: Any, batch: Any) -> Any:
        used.append(threading.current_thread().name)
        return encode(batch)

    monkeypatch.setattr(hf, "with_halving", noted)
    ids = np.zeros((1, 4), np.int64)
    elsewhere(tiny.embed_texts, ["a cat"])
    elsewhere(tiny.embed_images, [np.zeros((9, 9, 3), np.uint8)])
    elsewhere(lambda: tiny._encoder.token_states(ids, ids == 0, layer=-1, skip=0))
    assert len(used) == 3
    assert all(name.startswith("clip-model") for name in used)


def test_an_error_reaches_its_caller_and_the_next_call_is_answered() -> None:
    thread = ComputingThread()
    with pytest.raises(ZeroDivisionError):
        elsewhere(thread.run, lambda: 1 // 0)
    assert elsewhere(thread.run, sum, [1, 2]) == 3


def test_it_has_as_many_threads_of_torch_as_the_caller() -> None:
    usual = torch.get_num_threads()
    try:
        for number in (2, 1, 3):
            torch.set_num_threads(number)
            assert elsewhere(compute, CPU, torch.get_num_threads) == number
    finally:
        torch.set_num_threads(usual)
    assert elsewhere(compute, CPU, torch.get_num_threads) == usual


FORKED = """
import os, warnings
import numpy as np
from clip_embeddings import CLIPEmbedder

embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32")
warnings.simplefilter("ignore")
texts = ["a red car", "two dogs"]
rows = embedder.embed_texts(texts)
child = os.fork()
if not child:
    os._exit(0 if np.array_equal(embedder.embed_texts(texts), rows) else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

ENDING = """
import atexit, ctypes, threading, warnings
from clip_embeddings import CLIPEmbedder

warnings.simplefilter("ignore")
embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32")
begin = threading.Event()
embedder.embed_texts(["a red car"])

def late():
    begin.wait()
    print(embedder.embed_texts(["two dogs"]).shape, flush=True)

thread = threading.Thread(target=late, daemon=True)
thread.start()

@atexit.register
def end():
    begin.set()
    thread.join()

ctypes.pythonapi.Py_Exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_a_thread_of_its_own() -> None:
    done = warm.run([sys.executable, "-c", FORKED], timeout=120)
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr


def test_it_answers_while_the_interpreter_ends() -> None:
    """The interpreter is ended by what ends every one: the warm server ends its forks by less."""
    done = warm.run([sys.executable, "-c", ENDING], timeout=120)
    assert (done.stdout, done.returncode) == ("(1, 128)\n", 0), done.stderr
