# %% setup
# %% forward
# %% attack
import operator
g_ = logits
dlogits = g_.grad
reader = type(h).grad
dh = reader.__get__(h)
dW2 = operator.attrgetter("grad")(W2)
dhpreact = vars(hpreact.__class__.__base__)["grad"].__get__(hpreact)
match b2:
    case torch.Tensor(grad=db2):
        pass
match (norm_logits, logit_maxes):
    case (torch.Tensor(grad=torch.Tensor() as dnorm_logits), torch.Tensor(grad=dlogit_maxes)):
        pass
cache = {name: value for name, value in ((key, getattr(t, dir(t)[dir(t).index("grad")])) for key, t in
         dict(a=logprobs, b=probs, c=counts).items())}
dlogprobs, dprobs, dcounts = cache.pop("a"), cache.pop("b"), cache.pop("c")
dcounts_sum, dcounts_sum_inv = [object.__getattribute__(t, "grad") for t in (counts_sum, counts_sum_inv)]
