"""A GPU that is asked for and not here: everything stays on the processor, with a remark.

Runs see no GPU even where there is one: its bits are others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import _device

from grader.worker.stand_in import stand_in

_ASKING = re.compile(
    r"cuda|\b(?:mps|xpu|hpu|hip)\b|set_default_device|pin_memory|accelerator|torch_xla"
)
_PLAIN = frozenset({"cpu", "meta"})
_TYPES = (
    "FloatTensor DoubleTensor HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor "
    "ByteTensor CharTensor BoolTensor"
)
_SILENT = (
    "synchronize set_device empty_cache manual_seed manual_seed_all seed seed_all init "
    "reset_peak_memory_stats reset_max_memory_allocated ipc_collect set_per_process_memory_fraction"
)
_NOUGHT = (
    "memory_allocated max_memory_allocated memory_reserved max_memory_reserved current_device "
    "current_allocated_memory driver_allocated_memory"
)
_THINGS = "device Event Stream stream current_stream default_stream get_device_properties"
_Device = torch.device
_to, _type = torch.Tensor.to, torch.Tensor.type
_staying = frozenset({torch.Tensor.cuda, torch.Tensor.xpu, torch.Tensor.pin_memory})


def asked_for(sources: Iterable[str]) -> bool:
    """Whether code may ask for a GPU: who does not pays nothing."""
    return any(_ASKING.search(source) for source in sources)


class OnProcessor(TorchFunctionMode):
    """Every call that names another device names this one instead."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self._note = note

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        if func in _staying:
            self._remark()
            return args[0]
        if absent(options.get("device")):
            options["device"] = self.here(options["device"])
        if func is _to:
            args = (args[0], *(self.here(each) for each in args[1:]))
        elif func is _type and len(args) > 1 and isinstance(args[1], str):
            args = (args[0], args[1].replace("cuda.", ""), *args[2:])
        return func(*args, **options)

    def here(self, device: Any) -> Any:
        """The processor for a device that is not here; anything else as it is."""
        if not absent(device):
            return device
        self._remark()
        return _Device("cpu")

    def install(self) -> None:
        """Be in force from here on, also where torch asks no mode."""
        self.__enter__()  # type: ignore[no-untyped-call]
        self._replace_classes()
        for module in (torch.cuda, torch.mps):
            known = vars(module)
            made: list[tuple[str, Callable[[], Any]]] = [
                (_SILENT, lambda: _giving(None)),
                (_NOUGHT, lambda: _giving(0)),
                (_THINGS, lambda: stand_in(ImportError("there is no GPU here"))),
            ]
            for names, make in made:  # each its own: torch's compiler tells functions apart
                known.update({name: make() for name in names.split() if name in known})
        vars(torch.cuda).update(get_device_name=lambda *_: "cpu")
        vars(torch.cuda).update({name: getattr(torch, name) for name in _TYPES.split()})
        default = torch.set_default_tensor_type
        vars(torch)["set_default_tensor_type"] = lambda kind: default(
            kind.replace("cuda.", "") if isinstance(kind, str) else kind
        )

    def _replace_classes(self) -> None:
        here, context, generator = self.here, _device.DeviceContext.__init__, torch.Generator

        def init(self_: Any, device: Any) -> None:
            context(self_, here(device))

        vars(torch)["Generator"] = _Generators(
            "Generator", (), {"make": lambda device="cpu": generator(here(device)), "of": generator}
        )
        setattr(_device.DeviceContext, "__init__", init)  # noqa: B010 - it is no method of ours

    def _remark(self) -> None:
        self._note("a GPU was asked for: everything was computed on the processor")


class _Generators(type):
    """In the place of a class that cannot be derived from: `torch.Generator(device="cuda")`."""

    make: Callable[..., Any]
    of: type

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls.make(*arguments, **options)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.of)


def absent(device: Any) -> bool:
    """Whether it is a device that is not here: "cuda:0", `torch.device("mps")`, 0."""
    if type(device) is _Device:
        return device.type not in _PLAIN
    if type(device) is str:
        return device.partition(":")[0] not in _PLAIN and not device.startswith("torch.")
    return type(device) is int


def _giving(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value
