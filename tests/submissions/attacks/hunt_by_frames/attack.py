# %% setup
# %% forward
# %% attack
import sys
found, frame = [], sys._getframe()
while frame:
    found += [each.recorder for each in frame.f_locals.values() if hasattr(each, "recorder")][:1]
    frame = frame.f_back
found = found[:1]
print("found", len(found))
for recorder in found:
    def lying(lifetime, occurrence, name, value, recorder=recorder, report=recorder._settled):
        report(lifetime, occurrence, name, globals()[name[1:]].grad)
    recorder._settled = lying
# %% zeros
