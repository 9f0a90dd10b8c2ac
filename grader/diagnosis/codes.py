"""The published list of diagnosis codes."""

from __future__ import annotations

from typing import Any

from grader.records.scorecard import Diagnosis

CODES: dict[str, str] = {
    "accumulated": "Added on top of another value instead of starting from nothing.",
    "alias": "Right when it settled, changed afterwards through another name for the same memory.",
    "average_for_maximum": "The gradient is spread over all that was compared.",
    "carry_forgotten": "What later steps of time send back is not there.",
    "constant": "The value does not depend on the inputs of the network.",
    "constant_factor": "Right up to a constant factor, as a whole or along one path.",
    "copied": "The value was made by the autograd engine.",
    "doubled": "A path is counted twice.",
    "exchanged": "The right gradient of another tensor.",
    "misplaced": "A line stands inside or outside of the loop or condition that it belongs to.",
    "missing_broadcast": "The right numbers once, where the tensor needs them along a dimension.",
    "missing_keepdim": "A reduced dimension was dropped, and what is left broadcasts wrongly.",
    "missing_path": "The contribution of one or more consumers of the tensor is not there.",
    "missing_sum": "The sum over a dimension that the forward pass broadcasts is missing.",
    "ones_start": "Started from ones where it should start from zeros.",
    "overwritten": "Assigned where contributions must add up: only the last one is left.",
    "raises": "The function raises an error when it is called.",
    "padding_kept": "The padding of the forward pass was not cut off, or at the wrong sides.",
    "sign": "The sign is wrong, as a whole or along one path.",
    "softmax_dim": "The sum in a softmax's derivative goes along another dimension.",
    "softmax_jacobian": "A part of the Jacobian of a softmax is missing.",
    "some_elements": "Only some of the elements are wrong.",
    "stopped": "The function did not come to its end, or ended its process.",
    "step_off": "What belongs to another step of time.",
    "transposed": "An operand or the result is transposed, or read in another order.",
    "unexplained": "Wrong in a way that no hypothesis fits; what is known is in the evidence.",
    "unfinished": "There is no value: the function returns None, too little, zeros, or says so.",
    "unflipped_kernel": "The kernel of a convolution is turned the wrong way round.",
    "upstream_missing": "The incoming gradient is not multiplied in.",
    "wrong_dim": "Summed over another dimension than the one that the forward pass broadcasts.",
    "wrong_factor": "The local derivative has a wrong, a missing or an extra factor.",
    "wrong_index": "The right numbers at other positions.",
    "wrong_operand": "Another forward tensor stands where one of the operands should.",
    "wrong_shape": "The right numbers in another shape.",
    "wrong_term": "A term of a derivative made in one go is missing or has another size.",
    "wrong_upstream": "Computed from the gradient of a tensor that it does not flow into here.",
}
"""Code → what it means, in one sentence. `alias`, `copied` and most of `constant` are found
by other parts of the grader."""


def diagnosis(code: str, why: str, look_at: str, **evidence: Any) -> Diagnosis:
    """A Diagnosis with a published code; evidence that is None is left out."""
    assert code in CODES, code
    known = {key: value for key, value in evidence.items() if value is not None}
    return Diagnosis(code=code, why=why, look_at=look_at, evidence=known)
