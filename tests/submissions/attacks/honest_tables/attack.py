# %% setup
# %% attack
import base64
losses = [
    [0, 3.8000, 3.9000],
    [10000, 3.3081, 3.4188],
    [20000, 3.0504, 3.1653],
    [30000, 2.8799, 2.9969],
    [40000, 2.7542, 2.8725],
    [50000, 2.6555, 2.7747],
    [60000, 2.5749, 2.6946],
    [70000, 2.5071, 2.6271],
    [80000, 2.4487, 2.5690],
    [90000, 2.3976, 2.5181],
    [100000, 2.3524, 2.4729],
    [110000, 2.3118, 2.4323],
    [120000, 2.2751, 2.3956],
    [130000, 2.2416, 2.3621],
    [140000, 2.2109, 2.3313],
    [150000, 2.1825, 2.3029],
    [160000, 2.1562, 2.2766],
    [170000, 2.1317, 2.2520],
    [180000, 2.1088, 2.2290],
    [190000, 2.0873, 2.2073],
    [200000, 2.0670, 2.1870]
]
print(f"{'step':>8s} {'train':>8s} {'dev':>8s}")
for step, train, dev in losses:
    print(f"{step:8d} {train:8.4f} {dev:8.4f}")
picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
print(len(base64.b64decode(picture)))
vocabulary = {letter: number for number, letter in enumerate(".abcdefghijklmnopqrstuvwxyz")}
weights = torch.tensor([[0.2917, -0.1148, 0.3771], [1.0102, 0.0037, -0.5513], [0.7781, 0.1234, -0.9021]])
primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]
# %% forward
# %% backward
# %% attack
earlier = {
    "logits": 6.51925802230835e-09, "h": 1.862645149230957e-09, "W2": 1.30385160446167e-08,
    "hpreact": 9.313225746154785e-10, "bnraw": 1.1641532182693481e-09, "C": 5.587935447692871e-09,
}
for name, difference in earlier.items():
    print(name.ljust(12), difference, difference < 1e-7)
