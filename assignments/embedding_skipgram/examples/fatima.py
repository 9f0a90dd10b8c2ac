# %% [markdown]
# # Word vectors, backwards

# %%
import torch

try:
    from grader import cmp
except ImportError:  # the grader is not installed here: a plain comparison does

    def cmp(name):
        mine, autograd = globals().get("d" + name), globals()[name].grad
        if mine is None:
            print(f"{name:9s} | not there yet")
        elif mine.shape != autograd.shape:
            print(f"{name:9s} | shape {tuple(mine.shape)}, expected {tuple(autograd.shape)}")
        else:
            print(f"{name:9s} | greatest difference: {(mine - autograd).abs().max().item():.1e}")

# %% [markdown]
# ## Words and their vectors

# %%
text = "the cat sat on the mat and the dog sat on the cat and the mouse ran off".split()
vocabulary = sorted(set(text))
number_of = {word: number for number, word in enumerate(vocabulary)}
numbers = torch.tensor([number_of[word] for word in text])
print(len(vocabulary), "words")

# %%
g = torch.Generator().manual_seed(12)
U = torch.randn(len(vocabulary), 4, generator=g) * 0.8  # words in the middle
W = torch.randn(len(vocabulary), 4, generator=g) * 0.8  # words beside them
for parameter in (U, W):
    parameter.requires_grad_()

n, m = 8, 3  # pairs in a batch, negatives words for each
at = torch.randint(0, len(text) - 1, (n,), generator=g)
middle, context = numbers[at], numbers[at + 1]
negatives = torch.randint(0, len(vocabulary), (n, m), generator=g)

# %%
u = U[middle]  # n × 4
w = W[context]  # n × 4
neg = W[negatives]  # n × m × 4
score = (u * w).sum(1)  # n
neg_score = (neg * u[:, None, :]).sum(2)  # n × m
pos_prob = torch.sigmoid(score)  # that the two are neighbours
neg_prob = torch.sigmoid(-neg_score)  # that they are not
pos_loss = -pos_prob.log()
neg_loss = -neg_prob.log().sum(1)
loss = (pos_loss + neg_loss).mean()
print("loss:", loss.item())

# %%
for parameter in (U, W):
    parameter.grad = None
for tensor in (pos_loss, neg_loss, pos_prob, neg_prob, score, neg_score, u, w, neg):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: step by step

# %%
dpos_loss = torch.full_like(pos_loss, 1.0 / n)
dneg_loss = torch.full_like(neg_loss, 1.0 / n)
dpos_prob = -dpos_loss / pos_prob
dneg_prob = -dneg_loss[:, None] / neg_prob
dscore = dpos_prob * pos_prob * (1 - pos_prob)
dneg_score = -dneg_prob * neg_prob * (1 - neg_prob)

for name in ["pos_loss", "neg_loss", "pos_prob", "neg_prob", "score", "neg_score"]:
    cmp(name)

# %%
dw = dscore[:, None] * u
dneg = torch.einsum('nm,nd->nmd', dneg_score, u)
du = torch.einsum('n,nd->nd', dscore, w) + torch.einsum('nm,nmd->nd', dneg_score, neg)
dU = torch.zeros_like(U)
dU.index_add_(0, middle, du)
one_hot = torch.nn.functional.one_hot
dW = one_hot(context, W.shape[0]).float().T @ dw + torch.einsum('nmv,nmd->vd', one_hot(negatives, W.shape[0]).float(), dneg)

for name in ["w", "neg", "u", "U", "W"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: scores in one expression

# %%
dscore = dneg_score = None  # forget those from exercise 1

dscore = -1 / (1 + score.exp()) / n
dneg_score = 1 / (n * (1 + torch.exp(-neg_score)))

cmp("score")
cmp("neg_score")
