"""Writes with the real `spaces` and its decorator at work, as on ZeroGPU, on a machine without a GPU. Run in an environment that has
it; prints what happened as one line of JSON. Only what touches CUDA itself is left out."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.space.lender import lender

HERE = os.getpid()


def without_cuda() -> None:
    """Let the process that has the GPU begin without one."""
    import spaces.zero.wrappers as wrappers

    wrappers.torch.init = lambda uuid: None
    wrappers.torch.move = lambda callback=None: None


def main() -> dict[str, Any]:
    with lender() as lends:
        os.environ |= {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": lends.url}
        import spaces
        from starlette.datastructures import Headers

        without_cuda()
        from gradio.context import LocalContext

        from evals.bench.random_writer import random_writer
        from rag.core.domain import Message
        from rag.core.errors import WriterFailed
        from rag.models import gpu_writer
        from rag.models.find import choose_device
        from rag.models.writer import Limits

        # As of the visitor whose question it is; whose quota counts is told by a header.
        LocalContext.request.set(SimpleNamespace(headers=Headers({"x-ip-token": "visitor"})))
        gpu_writer.lend(spaces.GPU)
        told: dict[str, Any] = {"device": choose_device().name}
        asked = [Message("system", "Rules."), Message("user", "What is it?")]
        with tempfile.TemporaryDirectory() as folder:
            files = random_writer(Path(folder))
            writer = gpu_writer.GpuWriter(files, Limits(60, 40), 20)
            told["text"] = "".join(piece for piece in writer.stream(asked) if isinstance(piece, str))
            told["again"] = "".join(piece for piece in writer.stream(asked) if isinstance(piece, str))
            told["asked"] = lends.asked("/schedule")
            told["elsewhere"] = all(given["pid"] != str(HERE) for given in lends.asked("/allow"))
            told["processes"] = len({given["pid"] for given in lends.asked("/allow")})
            told["given back"] = len(lends.asked("/release"))

            long = gpu_writer.GpuWriter(files, Limits(60, 2_000), 20)
            stream = long.stream(asked)
            next(piece for piece in stream if piece)
            start = time.monotonic()
            stream.close()  # type: ignore[attr-defined]
            told["stopped after"] = time.monotonic() - start
            while len(lends.asked("/release")) <= told["given back"] and time.monotonic() - start < 20:
                time.sleep(0.02)
            told["given back after"] = time.monotonic() - start

            lends.left = 3
            try:
                list(writer.stream(asked))
            except WriterFailed as error:
                told["refused"] = str(error)
        return told


if __name__ == "__main__":
    print(json.dumps(main()))
    sys.stdout.flush()
