"""A causal network loaded in half precision on the CPU, without its full precision beside it in memory.

Weights that came from a GGUF file are kept in float32, which keeps their values exactly. Loaded as usual the whole file is mapped into
memory while its halves are made, and a small machine needs three times what it then uses. Here one tensor after the other is read.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any

from rag.models.find import Device, ModelFiles, load_errors, load_network
from rag.models.weights import quiet_loading


def load_sparingly(files: ModelFiles, device: Device) -> Any:
    """The network as `load_network` gives it, causal, without settings for writing.

    Raises:
        ModelUnsupported: it cannot be loaded.
    """
    import torch

    if device.name != "cpu" or device.dtype is torch.float32:
        return load_network(files, device, causal=True)
    from transformers import AutoConfig, AutoModelForCausalLM

    with quiet_loading(), load_errors(files):
        config = AutoConfig.from_pretrained(files.folder, local_files_only=True, trust_remote_code=False)
        kind: Any = AutoModelForCausalLM._model_mapping.get(type(config), None)
        if kind is None:
            raise ValueError(f"a model of the type {config.model_type} does not tell what comes next")
        state = _read(files.folder, device.dtype)
        return kind.from_pretrained(None, config=config, state_dict=state, dtype=device.dtype).eval()


def _read(folder: Path, dtype: Any) -> dict[str, Any]:
    """The tensors of all files, in this precision."""
    import torch

    kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    state = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            places = json.loads(stream.read(length))
            places.pop("__metadata__", None)
            for name, place in sorted(places.items(), key=lambda item: int(item[1]["data_offsets"][0])):
                start, end = place["data_offsets"]
                stream.seek(8 + length + start)
                content = bytearray(end - start)
                if stream.readinto(content) != len(content) or end == start:
                    raise ValueError(f"{path.name} ends before {name}")
                tensor = torch.frombuffer(content, dtype=kinds[place["dtype"]])
                if math.prod(place["shape"]) != tensor.numel():
                    raise ValueError(f"{name} in {path.name} has not the shape that is told")
                state[name] = tensor.reshape(place["shape"]).to(dtype)
    return state
