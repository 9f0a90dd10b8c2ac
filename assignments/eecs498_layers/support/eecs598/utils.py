"""Seeds and pictures. Pictures are not drawn."""

import random

import torch


def reset_seed(number):
    random.seed(number)
    torch.manual_seed(number)


def tensor_to_image(tensor):
    return (tensor.clone() * 255).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def visualize_dataset(*_, **__):
    return None


def attention_visualizer(*_, **__):
    return None
