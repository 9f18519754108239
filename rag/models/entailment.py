"""An entailment model as a second opinion of the checker: does the sentence follow from the evidence?

Owns: tokenising the pair and which output means entailment. Optional; any natural-language-inference classifier by hub name or folder,
such as cross-encoder/nli-deberta-v3-small, whose outputs are named. Knows nothing of papers.
"""

import threading
from typing import Any

from rag.core.errors import ModelUnsupported
from rag.models.find import Device, ModelFiles, load_classifier, load_tokenizer

_MAX_TOKENS = 512


class TransformerEntailment:
    """A sequence classifier with an output whose name begins with "entail". Safe for several threads.

    Raises:
        ModelUnsupported: no output is named so.
    """

    def __init__(self, files: ModelFiles, device: Device) -> None:
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_classifier(files, device)
        self._device = device
        self._lock = threading.Lock()
        labels: dict[int, str] = self._network.config.id2label
        outputs = [index for index, label in labels.items() if label.lower().startswith("entail")]
        if len(outputs) != 1 or len(labels) < 2:
            raise ModelUnsupported(
                f"{files.name} has the outputs {', '.join(labels.values())}; an entailment model names one of several entailment. "
                "Try cross-encoder/nli-deberta-v3-small"
            )
        self._output = outputs[0]

    def probability(self, premise: str, hypothesis: str) -> float:
        """0..1: that the hypothesis follows from the premise."""
        encoded = self._tokenizer(
            premise,
            hypothesis,
            truncation="only_first",
            max_length=min(self._tokenizer.model_max_length, _MAX_TOKENS),
            return_tensors="pt",
            split_special_tokens=True,
        ).to(self._device.name)
        with self._lock:
            return float(self._network(**encoded).logits.float().softmax(-1)[0, self._output])
