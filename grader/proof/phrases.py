"""Whole steps in the words of students: fused steps, skipped steps, loops, insight.

Written for networks that embed characters, normalise a batch and end in a cross entropy, in the
names of that exercise. Each is tried where these names exist, and kept if it is right there.
"""

from __future__ import annotations

TEXT = """\
== dlogprobs
dlogprobs = -F.one_hot(Yb, vocab_size) / n
--
dlogprobs = torch.zeros((n, vocab_size))
dlogprobs[torch.arange(n), Yb] = -1 / n
--
dlogprobs = torch.zeros_like(logprobs)
for i in range(n):
    dlogprobs[i, Yb[i]] = -1.0 / n
--
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] -= 1.0 / n
--
dlogprobs = torch.zeros_like(logprobs).scatter_(1, Yb.view(-1, 1), -1.0 / n)
--
dlogprobs = torch.zeros_like(logprobs)
dlogprobs.scatter_(1, Yb[:, None], -1.0 / n)
--
dlogprobs = torch.zeros_like(logprobs)
dlogprobs.index_put_((torch.arange(n), Yb), torch.tensor(-1 / n))
--
dlogprobs = torch.full_like(logprobs, -1.0 / n) * F.one_hot(Yb, vocab_size)
--
dlogprobs = torch.where(F.one_hot(Yb, vocab_size) == 1, -1.0 / n, 0.0)
== dprobs
dprobs = torch.zeros_like(probs)
dprobs[range(n), Yb] = -1.0 / (n * probs[range(n), Yb].detach())
--
dprobs = torch.zeros_like(probs)
picked = probs[range(n), Yb].detach()
dprobs[range(n), Yb] = dlogprobs[range(n), Yb] / picked
--
dprobs = (1.0 / probs) * logprobs.grad
--
dprobs = dlogprobs / probs
== dcounts_sum_inv
dcounts_sum_inv = torch.zeros_like(counts_sum_inv)
for row in range(n):
    dcounts_sum_inv[row] = (counts[row] * dprobs[row]).sum().item()
--
dcounts_sum_inv = (counts * dprobs) @ torch.ones(vocab_size, 1)
--
dcounts_sum_inv = torch.bmm(counts[:, None, :], dprobs[:, :, None]).squeeze(1)
== dcounts
dcounts = counts_sum_inv * dprobs + dcounts_sum
--
dcounts = dcounts_sum + counts_sum_inv * dprobs
--
dcounts = counts_sum_inv * dprobs
dcounts += dcounts_sum
--
dcounts = torch.zeros_like(counts)
dcounts += counts_sum_inv * dprobs
dcounts += dcounts_sum
--
first = counts_sum_inv * dprobs
second = dcounts_sum.expand_as(counts)
dcounts = first + second
--
dcounts = sum([counts_sum_inv * dprobs, dcounts_sum])
== dnorm_logits
dnorm_logits = dcounts * norm_logits.exp()
--
dnorm_logits = dcounts * torch.exp(logits - logit_maxes)
== dlogit_maxes
dlogit_maxes = torch.zeros_like(logit_maxes)
--
dlogit_maxes = torch.zeros(n, 1)
--
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)
--
dlogit_maxes = (-1 * dnorm_logits).sum(1).view(-1, 1)
== dlogits
dlogits = dnorm_logits + F.one_hot(logits.argmax(1), vocab_size) * dlogit_maxes
--
dlogits = dnorm_logits.clone()
dlogits[range(n), logits.argmax(1)] += dlogit_maxes.squeeze()
--
dlogits = dnorm_logits.clone()
dlogits += (logits == logit_maxes) * dlogit_maxes
--
dlogits = dnorm_logits.clone()
dlogits.scatter_add_(1, logits.argmax(1, keepdim=True), dlogit_maxes)
--
dlogits = dnorm_logits.clone()
for i in range(n):
    dlogits[i, logits[i].argmax()] += dlogit_maxes[i, 0]
--
dlogits = 1 * dnorm_logits
mask = torch.zeros_like(logits).scatter(1, logits.argmax(1, True), 1.0)
dlogits += mask * dlogit_maxes
--
dlogits = counts * dcounts
maxima = F.one_hot(logits.argmax(1), vocab_size)
dlogits += maxima * (-counts * dcounts).sum(1, keepdim=True)
--
dlogits = F.softmax(logits, 1)
dlogits[range(n), Yb] -= 1
dlogits /= n
--
dlogits = (probs - F.one_hot(Yb, vocab_size)) / n
--
dlogits = probs.clone()
dlogits[range(n), Yb] -= 1
dlogits = dlogits / n
--
dlogits = torch.exp(logits - logits.logsumexp(1, keepdim=True)) / n
dlogits[torch.arange(n), Yb] -= 1 / n
--
dlogits = F.log_softmax(logits, 1).exp().mul(1 / n)
dlogits.scatter_add_(1, Yb[:, None], torch.full((n, 1), -1 / n))
== dhpreact
dhpreact = dh - h * h * dh
--
dhpreact = dh * (1 - torch.tanh(hpreact) ** 2)
--
dhpreact = dh / torch.cosh(hpreact) ** 2
--
dhpreact = (1 - h) * (1 + h) * dh
--
dhpreact = dh.clone()
dhpreact *= 1 - h**2
--
dhpreact = (dlogits @ W2.T) * (1.0 - h**2)
== dbnvar
dbnvar = -0.5 * bnvar_inv**3 * dbnvar_inv
--
dbnvar = -dbnvar_inv / (2 * (bnvar + 1e-5) * torch.sqrt(bnvar + 1e-5))
== dbndiff2
dbndiff2 = (dbnvar / (n - 1)).expand_as(bndiff2)
--
dbndiff2 = torch.full_like(bndiff2, 1 / (n - 1)) * dbnvar
--
dbndiff2 = torch.ones((n, 1)) @ dbnvar / (n - 1)
== dbndiff
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
--
dbndiff = 2 * bndiff * dbndiff2
dbndiff += dbnraw * bnvar_inv
--
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbnvar / (n - 1)
--
dbndiff = torch.zeros_like(bndiff)
dbndiff += bnvar_inv * dbnraw
dbndiff += 2 * bndiff * dbndiff2
== dbnmeani
dbnmeani = -dbndiff.sum(0, keepdim=True)
--
dbnmeani = -torch.ones(1, n) @ dbndiff
== dhprebn
dhprebn = dbndiff + dbnmeani / n
--
dhprebn = dbndiff - dbndiff.mean(0, keepdim=True)
--
dhprebn = torch.zeros_like(hprebn)
dhprebn += dbndiff
dhprebn += dbnmeani / n
--
bessel = n / (n - 1)
dhprebn = bngain * bnvar_inv / n * (
    n * dhpreact - dhpreact.sum(0) - bessel * bnraw * (dhpreact * bnraw).sum(0)
)
--
dhprebn = torch.zeros_like(hprebn)
for j in range(hprebn.shape[1]):
    up, raw = dhpreact[:, j], bnraw[:, j]
    scale = bngain[0, j] * bnvar_inv[0, j]
    dhprebn[:, j] = (scale * (up - up.mean() - raw * (up * raw).sum() / (n - 1))).detach()
--
dhprebn = torch.zeros_like(dhpreact)
dhprebn += bngain * bnvar_inv * dhpreact
dhprebn -= bngain * bnvar_inv * dhpreact.mean(0)
dhprebn -= bngain * bnvar_inv * bnraw * (dhpreact * bnraw).sum(0) / (n - 1)
--
draw = dhpreact * bngain
dhprebn = bnvar_inv * (draw - draw.mean(0) - bnraw * (draw * bnraw).sum(0) / (n - 1))
== demb
demb = dembcat.reshape(n, 3, -1)
--
demb = dembcat.view(*Xb.shape, -1)
--
demb = dembcat.unflatten(1, (3, -1))
--
demb = torch.stack(dembcat.split(emb.shape[2], dim=1), dim=1)
--
demb = torch.zeros_like(emb)
for i in range(n):
    demb[i] = dembcat[i].view(3, -1)
== db1
db1 = torch.zeros_like(b1)
--
db1 = torch.ones(n) @ dhprebn
== db2
db2 = torch.ones(n) @ dlogits
--
db2 = dlogits.T.sum(1)
== dW1
dW1 = torch.zeros_like(W1)
for i in range(n):
    dW1 += torch.outer(embcat[i].detach(), dhprebn[i])
== dW2
dW2 = torch.zeros_like(W2)
for i in range(n):
    dW2 += torch.outer(h[i].detach(), dlogits[i])
== dC
dC = torch.zeros_like(C)
dC.index_add_(0, Xb.view(-1), demb.view(-1, C.shape[1]))
--
dC = torch.zeros_like(C).index_add(0, Xb.view(-1), demb.reshape(-1, C.shape[1]))
--
dC = torch.zeros_like(C)
dC.index_put_((Xb,), demb, accumulate=True)
--
dC = F.one_hot(Xb.flatten(), vocab_size).float().T @ demb.flatten(0, 1)
--
dC = torch.einsum("bpv,bpe->ve", F.one_hot(Xb, vocab_size).float(), demb)
--
dC = torch.zeros_like(C)
dC.scatter_add_(0, Xb.flatten()[:, None].expand(-1, C.shape[1]), demb.flatten(0, 1))
--
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        ix = Xb[k, j]
        dC[ix] += demb[k, j]
--
dC = torch.zeros_like(C)
for place, part in zip(Xb.flatten(), demb.flatten(0, 1)):
    dC[place] = dC[place] + part
--
dC = torch.stack([demb[Xb == c].sum(0) for c in range(vocab_size)])
--
dC = torch.zeros_like(C)
for c in range(vocab_size):
    dC[c] = demb[Xb == c].sum(0)
"""


def _parsed(text: str) -> dict[str, tuple[str, ...]]:
    """Gradient → sources for the whole step: headings begin with ==, -- parts the sources."""
    found = {}
    for section in ("\n" + text).split("\n== ")[1:]:
        name, _, body = section.partition("\n")
        found[name] = tuple(part.strip("\n") for part in body.split("\n--\n"))
    return found


PHRASES = _parsed(TEXT)
