"""Whole steps in the words of students: fused steps, skipped steps, loops, insight.

Written for networks that embed characters, normalise a batch and end in a cross entropy, in the
names of that exercise. Each is tried where these names exist, and kept if it is right there.
"""

from __future__ import annotations

PHRASES: dict[str, tuple[str, ...]] = {
    "dlogprobs": (
        "{d} = -F.one_hot(Yb, vocab_size) / n",
        "{d} = torch.zeros((n, vocab_size))\n{d}[torch.arange(n), Yb] = -1 / n",
        "{d} = torch.zeros_like(logprobs)\nfor i in range(n):\n    {d}[i, Yb[i]] = -1.0 / n",
        "{d} = torch.zeros_like(logprobs)\n{d}[range(n), Yb] -= 1.0 / n",
        "{d} = torch.zeros_like(logprobs).scatter_(1, Yb.view(-1, 1), -1.0 / n)",
        "{d} = torch.zeros_like(logprobs)\n{d}.scatter_(1, Yb[:, None], -1.0 / n)",
        "{d} = torch.zeros_like(logprobs)\n{d}.index_put_((torch.arange(n), Yb), torch.tensor(-1 / n))",
        "{d} = torch.full_like(logprobs, -1.0 / n) * F.one_hot(Yb, vocab_size)",
        "{d} = torch.where(F.one_hot(Yb, vocab_size) == 1, -1.0 / n, 0.0)",
    ),
    "dprobs": (
        "{d} = torch.zeros_like(probs)\n{d}[range(n), Yb] = -1.0 / (n * probs[range(n), Yb].detach())",
        "{d} = torch.zeros_like(probs)\n{d}[range(n), Yb] = dlogprobs[range(n), Yb] / probs[range(n), Yb].detach()",
        "{d} = (1.0 / probs) * logprobs.grad",
        "{d} = dlogprobs / probs",
    ),
    "dcounts_sum_inv": (
        "{d} = torch.zeros_like(counts_sum_inv)\n"
        "for row in range(n):\n    {d}[row] = (counts[row] * dprobs[row]).sum().item()",
        "{d} = (counts * dprobs) @ torch.ones(vocab_size, 1)",
        "{d} = torch.bmm(counts[:, None, :], dprobs[:, :, None]).squeeze(1)",
    ),
    "dcounts": (
        "{d} = counts_sum_inv * dprobs + dcounts_sum",
        "{d} = dcounts_sum + counts_sum_inv * dprobs",
        "{d} = counts_sum_inv * dprobs\n{d} += dcounts_sum",
        "{d} = torch.zeros_like(counts)\n{d} += counts_sum_inv * dprobs\n{d} += dcounts_sum",
        "first = counts_sum_inv * dprobs\nsecond = dcounts_sum.expand_as(counts)\n{d} = first + second",
        "{d} = sum([counts_sum_inv * dprobs, dcounts_sum])",
    ),
    "dnorm_logits": (
        "{d} = dcounts * norm_logits.exp()",
        "{d} = dcounts * torch.exp(logits - logit_maxes)",
    ),
    "dlogit_maxes": (
        "{d} = torch.zeros_like(logit_maxes)",
        "{d} = torch.zeros(n, 1)",
        "{d} = -dnorm_logits.sum(1, keepdim=True)",
        "{d} = (-1 * dnorm_logits).sum(1).view(-1, 1)",
    ),
    "dlogits": (
        "{d} = dnorm_logits + F.one_hot(logits.argmax(1), vocab_size) * dlogit_maxes",
        "{d} = dnorm_logits.clone()\n{d}[range(n), logits.argmax(1)] += dlogit_maxes.squeeze()",
        "{d} = dnorm_logits.clone()\n{d} += (logits == logit_maxes) * dlogit_maxes",
        "{d} = dnorm_logits.clone()\n{d}.scatter_add_(1, logits.argmax(1, keepdim=True), dlogit_maxes)",
        "{d} = dnorm_logits.clone()\nfor i in range(n):\n    {d}[i, logits[i].argmax()] += dlogit_maxes[i, 0]",
        "{d} = 1 * dnorm_logits\n{d} += torch.zeros_like(logits).scatter(1, logits.argmax(1, True), 1.0) * dlogit_maxes",
        "{d} = counts * dcounts\n{d} += F.one_hot(logits.argmax(1), vocab_size) * (-counts * dcounts).sum(1, keepdim=True)",
        "{d} = F.softmax(logits, 1)\n{d}[range(n), Yb] -= 1\n{d} /= n",
        "{d} = (probs - F.one_hot(Yb, vocab_size)) / n",
        "{d} = probs.clone()\n{d}[range(n), Yb] -= 1\n{d} = {d} / n",
        "{d} = torch.exp(logits - logits.logsumexp(1, keepdim=True)) / n\n{d}[torch.arange(n), Yb] -= 1 / n",
        "{d} = F.log_softmax(logits, 1).exp().mul(1 / n)\n{d}.scatter_add_(1, Yb[:, None], torch.full((n, 1), -1 / n))",
    ),
    "dhpreact": (
        "{d} = dh - h * h * dh",
        "{d} = dh * (1 - torch.tanh(hpreact) ** 2)",
        "{d} = dh / torch.cosh(hpreact) ** 2",
        "{d} = (1 - h) * (1 + h) * dh",
        "{d} = dh.clone()\n{d} *= 1 - h**2",
        "{d} = (dlogits @ W2.T) * (1.0 - h**2)",
    ),
    "dbnvar": (
        "{d} = -0.5 * bnvar_inv**3 * dbnvar_inv",
        "{d} = -dbnvar_inv / (2 * (bnvar + 1e-5) * torch.sqrt(bnvar + 1e-5))",
    ),
    "dbndiff2": (
        "{d} = (dbnvar / (n - 1)).expand_as(bndiff2)",
        "{d} = torch.full_like(bndiff2, 1 / (n - 1)) * dbnvar",
        "{d} = torch.ones((n, 1)) @ dbnvar / (n - 1)",
    ),
    "dbndiff": (
        "{d} = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2",
        "{d} = 2 * bndiff * dbndiff2\n{d} += dbnraw * bnvar_inv",
        "{d} = bnvar_inv * dbnraw + 2 * bndiff * dbnvar / (n - 1)",
        "{d} = torch.zeros_like(bndiff)\n{d} += bnvar_inv * dbnraw\n{d} += 2 * bndiff * dbndiff2",
    ),
    "dbnmeani": (
        "{d} = -dbndiff.sum(0, keepdim=True)",
        "{d} = -torch.ones(1, n) @ dbndiff",
    ),
    "dhprebn": (
        "{d} = dbndiff + dbnmeani / n",
        "{d} = dbndiff - dbndiff.mean(0, keepdim=True)",
        "{d} = torch.zeros_like(hprebn)\n{d} += dbndiff\n{d} += dbnmeani / n",
        "{d} = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0)"
        " - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))",
        "{d} = torch.zeros_like(hprebn)\nfor j in range(hprebn.shape[1]):\n"
        "    up, raw = dhpreact[:, j], bnraw[:, j]\n"
        "    scale = bngain[0, j] * bnvar_inv[0, j]\n"
        "    {d}[:, j] = (scale * (up - up.mean() - raw * (up * raw).sum() / (n - 1))).detach()",
        "{d} = torch.zeros_like(dhpreact)\n{d} += bngain * bnvar_inv * dhpreact\n"
        "{d} -= bngain * bnvar_inv * dhpreact.mean(0)\n"
        "{d} -= bngain * bnvar_inv * bnraw * (dhpreact * bnraw).sum(0) / (n - 1)",
        "draw = dhpreact * bngain\n"
        "{d} = bnvar_inv * (draw - draw.mean(0) - bnraw * (draw * bnraw).sum(0) / (n - 1))",
    ),
    "demb": (
        "{d} = dembcat.reshape(n, 3, -1)",
        "{d} = dembcat.view(*Xb.shape, -1)",
        "{d} = dembcat.unflatten(1, (3, -1))",
        "{d} = torch.stack(dembcat.split(emb.shape[2], dim=1), dim=1)",
        "{d} = torch.zeros_like(emb)\nfor i in range(n):\n    {d}[i] = dembcat[i].view(3, -1)",
    ),
    "db1": ("{d} = torch.zeros_like(b1)", "{d} = torch.ones(n) @ dhprebn"),
    "db2": ("{d} = torch.ones(n) @ dlogits", "{d} = dlogits.T.sum(1)"),
    "dW1": ("{d} = torch.zeros_like(W1)\nfor i in range(n):\n    {d} += torch.outer(embcat[i].detach(), dhprebn[i])",),
    "dW2": ("{d} = torch.zeros_like(W2)\nfor i in range(n):\n    {d} += torch.outer(h[i].detach(), dlogits[i])",),
    "dC": (
        "{d} = torch.zeros_like(C)\n{d}.index_add_(0, Xb.view(-1), demb.view(-1, C.shape[1]))",
        "{d} = torch.zeros_like(C).index_add(0, Xb.view(-1), demb.reshape(-1, C.shape[1]))",
        "{d} = torch.zeros_like(C)\n{d}.index_put_((Xb,), demb, accumulate=True)",
        "{d} = F.one_hot(Xb.flatten(), vocab_size).float().T @ demb.flatten(0, 1)",
        '{d} = torch.einsum("bpv,bpe->ve", F.one_hot(Xb, vocab_size).float(), demb)',
        "{d} = torch.zeros_like(C)\n"
        "{d}.scatter_add_(0, Xb.flatten()[:, None].expand(-1, C.shape[1]), demb.flatten(0, 1))",
        "{d} = torch.zeros_like(C)\nfor k in range(Xb.shape[0]):\n    for j in range(Xb.shape[1]):\n"
        "        ix = Xb[k, j]\n        {d}[ix] += demb[k, j]",
        "{d} = torch.zeros_like(C)\nfor place, part in zip(Xb.flatten(), demb.flatten(0, 1)):\n"
        "    {d}[place] = {d}[place] + part",
        "{d} = torch.stack([demb[Xb == c].sum(0) for c in range(vocab_size)])",
        "{d} = torch.zeros_like(C)\nfor c in range(vocab_size):\n    {d}[c] = demb[Xb == c].sum(0)",
    ),
}  # fmt: skip
"""Gradient → sources for the whole step; {d} is the variable."""
