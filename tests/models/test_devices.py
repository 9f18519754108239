"""Devices: which one is taken, with which precision."""

import pytest

from rag.core.errors import ModelUnsupported
from rag.models.find import choose_device


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("wanted", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(
        ModelUnsupported,
        match=f"device '{wanted}' is not there for torch .*; choose auto, by --device or CITEWISE_DEVICE",
    ):
        choose_device(wanted)


@pytest.mark.parametrize(
    ("cuda", "bf16", "mps", "wanted", "expected"),
    [
        (False, False, False, "auto", "cpu float32"),
        (False, False, True, "auto", "mps float16"),
        (True, True, True, "auto", "cuda bfloat16"),
        (True, False, False, "auto", "cuda float16"),
        (True, True, True, "cpu", "cpu float32"),
        (True, True, True, "mps", "mps float16"),
    ],
)
def test_the_best_device_is_chosen_with_its_precision(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, bf16: bool, mps: bool, wanted: str, expected: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: bf16)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    device = choose_device(wanted)
    assert f"{device.name} {device.dtype}".replace("torch.", "") == expected
