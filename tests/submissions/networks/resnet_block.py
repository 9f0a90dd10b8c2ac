# A residual block of nn.Modules, trained by an optimizer.
import torch
import torch.nn as nn
import torch.nn.functional as F


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + x)


torch.manual_seed(0)
images = torch.randn(4, 3, 8, 8)
labels = torch.tensor([0, 1, 1, 0])
block = ResidualBlock(3)
head = nn.Linear(3, 2)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD([*block.parameters(), *head.parameters()], lr=0.1)

for epoch in range(20):
    optimizer.zero_grad()
    features = block(images)
    pooled = features.mean(dim=(2, 3))
    scores = head(pooled)
    loss = criterion(scores, labels)
    loss.backward()
    optimizer.step()
