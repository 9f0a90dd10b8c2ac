"""The words of the clean room's language: functions by their path, methods and attributes by name.

None of them opens a file, starts the autograd engine, looks names up or calls back into
anything but what it was handed. Nothing random is listed: what draws cannot be proven.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ELEMENTWISE = (
    "abs absolute exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow sign neg negative "
    "reciprocal tanh sigmoid relu sin cos tan sinh cosh asin acos atan atan2 erf floor ceil "
    "round trunc clamp clip maximum minimum fmax fmin add sub subtract mul multiply div "
    "divide true_divide floor_divide remainder eq ne gt lt ge le equal logical_not "
    "logical_and logical_or logical_xor where isnan isinf isfinite nan_to_num heaviside lerp "
    "hypot addcmul addcdiv logaddexp sgn erfc logit sinc"
)
_REDUCING = (
    "sum mean var std var_mean std_mean max min amax amin argmax argmin prod cumsum cumprod "
    "norm logsumexp softmax log_softmax all any count_nonzero median trace nansum"
)
_PRODUCTS = (
    "matmul mm bmm mv dot vdot inner outer ger einsum tensordot addmm addmv addr baddbmm kron "
    "chain_matmul multi_dot cross"
)
_SHAPING = (
    "transpose t permute movedim moveaxis swapaxes swapdims reshape ravel flatten unflatten "
    "squeeze unsqueeze broadcast_to expand_dims tile repeat_interleave roll flip fliplr "
    "flipud rot90 narrow diag diagonal diag_embed diagflat tril triu unbind split chunk "
    "tensor_split stack cat concat concatenate hstack vstack dstack column_stack atleast_1d "
    "atleast_2d broadcast_tensors"
)
_INDEXING = (
    "gather scatter scatter_add scatter_reduce index_add index_copy index_fill index_put "
    "index_select masked_fill masked_select masked_scatter take take_along_dim nonzero "
    "argwhere argsort sort topk bincount unique one_hot searchsorted"
)
_MAKING = (
    "zeros ones full empty zeros_like ones_like full_like empty_like arange eye linspace "
    "tensor as_tensor asarray from_numpy scalar_tensor clone numel is_tensor"
)
_TORCH = f"{_ELEMENTWISE} {_REDUCING} {_PRODUCTS} {_SHAPING} {_INDEXING} {_MAKING}"
_FUNCTIONAL = (
    "softmax log_softmax one_hot cross_entropy nll_loss relu tanh sigmoid softplus gelu silu "
    "elu leaky_relu logsigmoid normalize linear embedding pad mse_loss l1_loss layer_norm "
    "batch_norm unfold fold conv1d conv2d conv_transpose2d max_pool2d avg_pool2d hardtanh "
    "softmin binary_cross_entropy binary_cross_entropy_with_logits smooth_l1_loss huber_loss "
    "kl_div cosine_similarity interpolate max_unpool2d avg_pool1d max_pool1d adaptive_avg_pool1d "
    "adaptive_avg_pool2d conv_transpose1d selu celu mish softsign relu6 hardswish hardsigmoid "
    "group_norm instance_norm rms_norm"
)
_OF_NUMPY = (
    "array ascontiguousarray copy ndim size shape identity power arctan arcsin arccos "
    "float_power add.at subtract.at multiply.at put copyto put_along_axis take_along_axis "
    "delete insert append repeat average ptp flatnonzero ix_ matrix_transpose"
)
_NUMPY = f"{_ELEMENTWISE} {_REDUCING} {_PRODUCTS} {_SHAPING} {_INDEXING} {_MAKING} {_OF_NUMPY}"
_SPECIAL = "logsumexp softmax log_softmax expit ndtr log_ndtr erf erfc xlogy logit"
_CONSTANTS = (
    "float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 bool float double half "
    "long int short pi e inf nan strided"
)
_MATH = (
    "sqrt exp log log2 log10 log1p expm1 tanh sinh cosh sin cos tan atan pow fabs floor ceil "
    "prod pi e inf nan isclose erf erfc"
)
_DTYPES = (
    " ".join(f"float{size}" for size in (16, 32, 64)) + " int32 int64 int16 int8 uint8 bool_ intp"
)

CONTEXTS = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.set_grad_enabled"}
)
"""Contexts that change no value; their bodies are followed as if they stood alone."""
_DEVICES = (
    "torch.device torch.cuda.is_available torch.cuda.device_count torch.backends.mps.is_available "
    "torch.backends.mps.is_built torch.mps.is_available torch.xpu.is_available "
    "torch.accelerator.is_available torch.accelerator.current_accelerator"
)
PLACING = frozenset({"device", "non_blocking", "pin_memory"})
"""Keywords that say where a tensor lies, which changes no value."""
STAYING = frozenset({"to", "cuda", "cpu", "mps", "xpu", "pin_memory", "requires_grad_"})
"""Methods that move a tensor or prepare it for autograd: in the clean room, it stays as it is."""
PATHS = frozenset(
    [f"torch.{name}" for name in f"{_TORCH} {_CONSTANTS} add mul".split()]
    + [f"torch.nn.functional.{name}" for name in _FUNCTIONAL.split()]
    + [f"torch.special.{name}" for name in _SPECIAL.split()]
    + [
        f"torch.linalg.{name}"
        for name in ["norm", "vector_norm", "matrix_norm", "multi_dot", "vecdot"]
    ]
    + [f"numpy.{name}" for name in f"{_NUMPY} {_CONSTANTS} {_DTYPES}".split()]
    + ["numpy.linalg.norm", "numpy.newaxis", "numpy.vectorize"]
    + _DEVICES.split()
    + [f"math.{name}" for name in _MATH.split()]
    + ["collections.namedtuple", "collections.defaultdict", "collections.OrderedDict"]
    + ["types.SimpleNamespace"]
)

_CHANGING = (
    "abs_ add_ addcdiv_ addcmul_ addmm_ addmv_ addr_ append baddbmm_ clamp_ clear clip_ copy_ "
    "cumsum_ div_ divide_ eq_ exp_ extend fill fill_ fill_diagonal_ index_add_ index_copy_ "
    "index_fill_ index_put_ insert itemset lerp_ log_ masked_fill_ masked_scatter_ mul_ "
    "multiply_ ne_ neg_ negative_ partition pop popitem pow_ put put_ reciprocal_ relu_ "
    "remove resize_as_ reverse rsqrt_ scatter_ scatter_add_ scatter_reduce_ set_ setdefault "
    "sigmoid_ sort sqrt_ square_ squeeze_ sub_ subtract_ t_ tanh_ transpose_ tril_ triu_ "
    "unsqueeze_ update zero_"
)
IN_PLACE = frozenset(_CHANGING.split())
"""Methods that change what they are called on; `set_` and the like are known, and not allowed."""
_METHODS = (
    "T mT H mH shape dtype device ndim itemsize nbytes size dim numel nelement element_size "
    "item tolist numpy detach data clone copy contiguous cpu cuda to type float double long "
    "int bool half view view_as reshape reshape_as expand expand_as repeat sum_to_size "
    "new_zeros new_ones new_full new_tensor type_as astype dot argmax argmin values indices "
    "real ravel flatten get items keys index count take_along_dim swapaxes tile compress "
    "nonzero searchsorted choose unfold"
)
_NOT_ALLOWED = frozenset({"set_", "resize_as_"})
ATTRIBUTES = (
    frozenset(f"{_METHODS} {_ELEMENTWISE} {_REDUCING} {_PRODUCTS} {_SHAPING} {_INDEXING}".split())
    | IN_PLACE
) - _NOT_ALLOWED
"""Methods and attributes of tensors, arrays and containers."""


def _text(value: object) -> str:
    """`str`, of numbers and text: how a tensor is printed is nobody's derivation."""
    if isinstance(value, int | float | str):
        return str(value)
    raise TypeError("only numbers are made text")


BUILTINS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (range, zip, enumerate, reversed, len, abs, min, max, sum, float, int, bool, list)
} | {each.__name__: each for each in (tuple, dict, set, sorted, round, map, any, all, slice)}
BUILTINS |= {"str": _text, "divmod": divmod}
