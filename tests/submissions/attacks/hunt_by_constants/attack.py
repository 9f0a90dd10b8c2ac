# %% setup
# %% forward
# %% attack
def probe():
    dlogprobs = torch.zeros(1)
found = [each for each in probe.__code__.co_consts if hasattr(each, "_settled")][:1]
print("found", len(found))
for recorder in found:
    def lying(lifetime, occurrence, name, value, recorder=recorder, report=recorder._settled):
        report(lifetime, occurrence, name, globals()[name[1:]].grad)
    recorder._settled = lying
# %% zeros
