"""Small networks with the building blocks of the model families that people export, random weights.

Each of `families()`: name, module, 3 rows of its input, and one row of every other input by name. Widths are tiny so that the exported files can be kept in
the repository; the blocks, and so the operators the exporters emit, are those of the real families.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torchvision import ops
from torchvision.models import VisionTransformer


def conv_bn(cin, cout, kernel=3, stride=1, groups=1, act=nn.ReLU):
    layers = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return nn.Sequential(*layers, act()) if act else nn.Sequential(*layers)


class Head(nn.Module):
    def __init__(self, body, width, classes=5):
        super().__init__()
        self.body, self.pool, self.fc = body, nn.AdaptiveAvgPool2d(1), nn.Linear(width, classes)

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.body(x)), 1))


class Residual(nn.Module):
    def __init__(self, cin, cout, stride=1, groups=1):
        super().__init__()
        self.a, self.b = conv_bn(cin, cout, 3, stride, groups=groups), conv_bn(cout, cout, act=None)
        self.skip = conv_bn(cin, cout, 1, stride, act=None) if stride > 1 or cin != cout else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + self.skip(x))


class Bottleneck(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.path = nn.Sequential(conv_bn(width, width, 1), conv_bn(width, width, 3, groups=groups), conv_bn(width, width, 1, act=None))

    def forward(self, x):
        return F.relu(self.path(x) + x)


class Dense(nn.Module):
    def __init__(self, cin, growth):
        super().__init__()
        self.path = nn.Sequential(nn.BatchNorm2d(cin), nn.ReLU(), nn.Conv2d(cin, growth, 3, padding=1, bias=False))

    def forward(self, x):
        return torch.cat([x, self.path(x)], 1)


class Fire(nn.Module):
    def __init__(self, cin, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(cin, squeeze, 1)
        self.one, self.three = nn.Conv2d(squeeze, expand, 1), nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        s = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(s)), F.relu(self.three(s))], 1)


class Inception(nn.Module):
    def __init__(self, cin):
        super().__init__()
        self.one, self.three = conv_bn(cin, 3, 1), nn.Sequential(conv_bn(cin, 2, 1), conv_bn(2, 3, 3))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv_bn(cin, 2, 1))
        self.wide = nn.Conv2d(cin, 2, (1, 7), padding=(0, 3))
        self.average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.pool(x), F.relu(self.wide(self.average(x)))], 1)


class SqueezeExcite(nn.Module):
    def __init__(self, width, gate):
        super().__init__()
        self.down, self.up, self.gate = nn.Conv2d(width, 2, 1), nn.Conv2d(2, width, 1), gate

    def forward(self, x):
        return x * self.gate(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))


class Inverted(nn.Module):
    def __init__(self, cin, cout, stride, act, se=None):
        super().__init__()
        mid = cin * 2
        layers = [conv_bn(cin, mid, 1, act=act), conv_bn(mid, mid, 3, stride, groups=mid, act=act)]
        if se:
            layers.append(SqueezeExcite(mid, se()))
        self.path = nn.Sequential(*layers, conv_bn(mid, cout, 1, act=None))
        self.add = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.path(x) if self.add else self.path(x)


class Shuffle(nn.Module):
    def __init__(self, width):
        super().__init__()
        half = width // 2
        self.path = nn.Sequential(conv_bn(half, half, 1), conv_bn(half, half, 3, groups=half, act=None), conv_bn(half, half, 1))

    def forward(self, x):
        keep, change = x.chunk(2, 1)
        y = torch.cat([keep, self.path(change)], 1)
        n, c, h, w = y.shape
        return y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class ConvNeXt(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + (self.scale * self.down(F.gelu(self.up(y)))).permute(0, 3, 1, 2)


class UNet(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.down1, self.down2 = conv_bn(3, 4), conv_bn(4, 6)
        self.up = nn.ConvTranspose2d(6, 4, 2, 2) if mode == 'deconv' else nn.Conv2d(6, 4, 1)
        self.mode, self.last = mode, nn.Conv2d(8, 5, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        if self.mode == 'deconv':
            u = self.up(b)
        elif self.mode == 'nearest':
            u = self.up(F.interpolate(b, scale_factor=2, mode='nearest'))
        else:
            u = self.up(F.interpolate(b, scale_factor=2.0, mode='bilinear', align_corners=self.mode == 'corners'))
        return self.last(torch.cat([a, u], 1)).mean((2, 3))


class Attention(nn.Module):
    def __init__(self, width, heads, causal=False):
        super().__init__()
        self.qkv, self.out, self.heads, self.causal = nn.Linear(width, 3 * width), nn.Linear(width, width), heads, causal

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)
        if self.causal:
            a = a.masked_fill(torch.triu(torch.ones(t, t, dtype=torch.bool), 1), float('-inf'))
        return self.out((a.softmax(-1) @ v).transpose(1, 2).reshape(n, t, d))


class Block(nn.Module):
    def __init__(self, width, heads, causal=False, act=F.gelu):
        super().__init__()
        self.n1, self.n2, self.attention = nn.LayerNorm(width), nn.LayerNorm(width), Attention(width, heads, causal)
        self.up, self.down, self.act = nn.Linear(width, 2 * width), nn.Linear(2 * width, width), act

    def forward(self, x):
        x = x + self.attention(self.n1(x))
        return x + self.down(self.act(self.up(self.n2(x))))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.position, self.block, self.norm, self.fc = nn.Parameter(torch.randn(1, 17, 8)), Block(8, 2), nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x):
        p = self.patch(x).flatten(2).transpose(1, 2)
        t = torch.cat([self.token.expand(p.shape[0], -1, -1), p], 1) + self.position
        return self.fc(self.norm(self.block(t))[:, 0])


class Swin(nn.Module):
    """One shifted-window block: roll, window partition, relative position bias, roll back."""

    def __init__(self, width=8, window=4, shift=2):
        super().__init__()
        self.patch, self.window, self.shift = nn.Conv2d(3, width, 2, 2), window, shift
        self.norm, self.attention = nn.LayerNorm(width), Attention(width, 2)
        self.bias = nn.Parameter(torch.randn(window * window, width))
        self.merge, self.fc = nn.Linear(4 * width, width), nn.Linear(width, 5)

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        n, h, w, c = x.shape
        k = self.window
        y = torch.roll(self.norm(x), (-self.shift, -self.shift), (1, 2))
        y = y.view(n, h // k, k, w // k, k, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, k * k, c)
        y = self.attention(y + self.bias)
        y = y.view(n, h // k, w // k, k, k, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        x = x + torch.roll(y, (self.shift, self.shift), (1, 2))
        m = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.fc(self.merge(m).mean((1, 2)))


class Encoder(nn.Module):
    """BERT-like, from the embedding output on; `pool` picks the first token."""

    def __init__(self, causal=False):
        super().__init__()
        act = (lambda x: F.gelu(x, approximate='tanh')) if causal else F.gelu
        self.blocks = nn.Sequential(Block(8, 2, causal, act), Block(8, 2, causal, act))
        self.causal, self.pooler, self.fc = causal, nn.Linear(8, 8), nn.Linear(8, 5)

    def forward(self, x):
        h = self.blocks(x)
        return self.fc(torch.tanh(self.pooler(h[:, -1 if self.causal else 0])))


class Recurrent(nn.Module):
    def __init__(self, kind, bidirectional, batch_first=True, layers=1, nonlinearity=None, pool='last'):
        super().__init__()
        extra = {'nonlinearity': nonlinearity} if nonlinearity else {}
        self.rnn = kind(4, 6, layers, batch_first=batch_first, bidirectional=bidirectional, **extra)
        self.fc, self.first, self.pool = nn.Linear(12 if bidirectional else 6, 5), batch_first, pool

    def forward(self, x):
        y, _ = self.rnn(x if self.first else x.transpose(0, 1))
        y = y if self.first else y.transpose(0, 1)
        return self.fc(y.amax(1) if self.pool == 'max' else y[:, -1] if self.pool == 'last' else y.mean(1))


class Stateful(nn.Module):
    """A recurrent network that goes on from states which it is given, in PyTorch's layout [layers * directions, rows, width]."""

    def __init__(self, kind, bidirectional=False, batch_first=True, layers=1):
        super().__init__()
        self.rnn = kind(4, 6, layers, batch_first=batch_first, bidirectional=bidirectional)
        self.fc, self.first = nn.Linear(12 if bidirectional else 6, 5), batch_first

    def forward(self, x, h0, c0=None):
        y, _ = self.rnn(x if self.first else x.transpose(0, 1), h0 if c0 is None else (h0, c0))
        return self.fc(y.mean(1 if self.first else 0))


class Packed(nn.Module):
    """A recurrent network over rows of several lengths, the longest first: given, or counted where zeros fill the end."""

    def __init__(self, kind, bidirectional=False, batch_first=True, last=False):
        super().__init__()
        self.rnn = kind(4, 6, batch_first=batch_first, bidirectional=bidirectional)
        self.fc, self.first, self.last = nn.Linear(12 if bidirectional else 6, 5), batch_first, last

    def forward(self, x, lengths=None):
        lengths = x.ne(0).any(2).sum(1) if lengths is None else lengths
        y, states = self.rnn(pack_padded_sequence(x if self.first else x.transpose(0, 1), lengths, self.first))
        total = pad_packed_sequence(y, self.first)[0].sum(1 if self.first else 0)
        if self.last:  # the TorchScript-based exporter knows no last states without the outputs
            total = total + (states[0] if isinstance(states, tuple) else states).transpose(0, 1).flatten(1)
        return self.fc(total)


class Decoder(nn.Module):
    """A block of a decoder that leaves its causal attention to PyTorch."""

    def __init__(self, width=8, heads=2):
        super().__init__()
        self.n1, self.n2, self.heads = nn.RMSNorm(width), nn.RMSNorm(width), heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.gate, self.up, self.down = nn.Linear(width, 12), nn.Linear(width, 12), nn.Linear(12, width)
        self.fc = nn.Linear(width, 5)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind()
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, d))
        h = self.n2(x)
        return self.fc((x + self.down(F.silu(self.gate(h)) * self.up(h)))[:, -1])


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = conv_bn(3, 6, 3, 2, act=nn.SiLU), conv_bn(6, 8, 3, 2, act=nn.SiLU)
        self.head_a, self.head_b = nn.Conv2d(8 + 6, 7, 1), nn.Conv2d(8, 7, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        up = F.interpolate(b, scale_factor=2, mode='nearest')
        p = torch.cat([self.head_a(torch.cat([up, a], 1)).flatten(2), self.head_b(b).flatten(2)], 2)
        boxes, scores = p.split([4, 3], 1)
        return torch.cat([boxes.sigmoid() * 2 - 0.5, scores.sigmoid()], 1).amax(2)


class SpatialTransformer(nn.Module):
    """Jaderberg et al. 2015: the image is read at places that it chooses itself."""

    def __init__(self):
        super().__init__()
        self.locate = nn.Sequential(conv_bn(3, 4, 5, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 6))
        self.locate[-1].weight.data.mul_(0.3)
        self.locate[-1].bias.data.copy_(torch.tensor([0.8, 0.15, 0.07, -0.1, 0.9, -0.05]))
        self.classify = Head(conv_bn(3, 6), 6)
        y, x = torch.meshgrid(torch.linspace(-1, 1, 12), torch.linspace(-1, 1, 12), indexing='ij')
        self.register_buffer('base', torch.stack([x, y, torch.ones_like(x)], -1).view(1, 144, 3))

    def forward(self, x):
        grid = (self.base @ self.locate(x).view(-1, 2, 3).transpose(1, 2)).view(-1, 12, 12, 2)
        return self.classify(F.grid_sample(x, grid, align_corners=False))


class RegionHead(nn.Module):
    """The second stage of a detector on boxes that are the same for every image."""

    def __init__(self, pool):
        super().__init__()
        self.features, self.pool = conv_bn(3, 6, 3, 2), pool
        self.register_buffer('boxes', torch.tensor([[0.7, 1.3, 9.4, 12.6], [3.2, -1.1, 15.3, 7.8], [5.1, 4.9, 9.2, 8.3]]))
        self.fc, self.score = nn.Linear(6 * 4, 8), nn.Linear(8, 5)

    def forward(self, x):
        n = x.shape[0]
        rows = torch.arange(n, dtype=x.dtype).view(n, 1, 1).expand(n, 3, 1)
        rois = torch.cat([rows, self.boxes.expand(n, 3, 4)], 2).view(n * 3, 5)
        pooled = self.pool(self.features(x), rois)
        return self.score(F.relu(self.fc(pooled.view(n, 3, 24)))).amax(1)


class Deformable(nn.Module):
    """Deformable convolution, version 2: offsets and a mask from the features themselves."""

    def __init__(self, cin, cout):
        super().__init__()
        self.where, self.conv = nn.Conv2d(cin, 27, 3, padding=1), ops.DeformConv2d(cin, cout, 3, padding=1)

    def forward(self, x):
        y, x_, mask = self.where(x).chunk(3, 1)
        return self.conv(x, torch.cat([y, x_], 1), mask.sigmoid())


class Series(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(2, 6, 7, padding=3), nn.Conv1d(6, 6, 5, padding=2)
        self.skip, self.norm, self.fc = nn.Conv1d(2, 6, 1), nn.BatchNorm1d(6), nn.Linear(6, 5)

    def forward(self, x):
        y = F.relu(self.norm(self.b(F.relu(self.a(x)))) + self.skip(x))
        return self.fc(F.max_pool1d(y, 2).mean(-1))


IMAGE = (3, 16, 16)
SERIES = (7, 4)


def filled(*lengths):
    """Rows of which zeros fill the end."""
    return lambda x: x * (torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]).unsqueeze(2)


def make():
    stem = lambda width, act=nn.ReLU: conv_bn(3, width, act=act)
    yield 'resnet', Head(nn.Sequential(stem(4), nn.MaxPool2d(3, 2, 1), Residual(4, 4), Residual(4, 6, 2)), 6), IMAGE
    yield 'vgg', nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(True), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(True), nn.MaxPool2d(2),
                               nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 8), nn.ReLU(True), nn.Dropout(), nn.Linear(8, 5)), IMAGE
    yield 'densenet', Head(nn.Sequential(stem(4), Dense(4, 3), Dense(7, 3), nn.BatchNorm2d(10), nn.ReLU(), nn.Conv2d(10, 5, 1), nn.AvgPool2d(2), Dense(5, 3)), 8), IMAGE
    yield 'squeezenet', nn.Sequential(nn.Conv2d(3, 6, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(6, 2, 4), nn.Dropout(), nn.Conv2d(8, 5, 1), nn.ReLU(),
                                      nn.AdaptiveAvgPool2d(1), nn.Flatten()), IMAGE
    yield 'inception', Head(nn.Sequential(stem(4), nn.LocalResponseNorm(2), Inception(4), Inception(10)), 10), IMAGE
    yield 'mobilenet1', Head(nn.Sequential(stem(4, nn.ReLU6), conv_bn(4, 4, 3, 2, 4, nn.ReLU6), conv_bn(4, 6, 1, act=nn.ReLU6)), 6), IMAGE
    yield 'mobilenet2', Head(nn.Sequential(stem(4, nn.ReLU6), Inverted(4, 4, 1, nn.ReLU6), Inverted(4, 6, 2, nn.ReLU6)), 6), IMAGE
    yield 'mobilenet3', Head(nn.Sequential(stem(4, nn.Hardswish), Inverted(4, 4, 1, nn.ReLU, nn.Hardsigmoid), Inverted(4, 6, 2, nn.Hardswish, nn.Hardsigmoid)), 6), IMAGE
    yield 'shufflenet', Head(nn.Sequential(stem(4), Shuffle(4), Shuffle(4)), 4), IMAGE
    yield 'efficientnet', Head(nn.Sequential(stem(4, nn.SiLU), Inverted(4, 4, 1, nn.SiLU, nn.Sigmoid), Inverted(4, 6, 2, nn.SiLU, nn.Sigmoid)), 6), IMAGE
    yield 'regnet', Head(nn.Sequential(stem(4), Bottleneck(4, 2), SqueezeExcite(4, nn.Sigmoid()), Residual(4, 6, 2)), 6), IMAGE
    yield 'convnext', Head(nn.Sequential(nn.Conv2d(3, 4, 4, 4), ConvNeXt(4)), 4), IMAGE
    for mode in ('deconv', 'nearest', 'bilinear', 'corners'):
        yield f'unet-{mode}', UNet(mode), IMAGE
    yield 'vit', ViT(), IMAGE
    yield 'swin', Swin(), IMAGE
    yield 'bert', Encoder(), (6, 8)
    yield 'gpt', Encoder(causal=True), (6, 8)
    yield 'torch-encoder', nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation='gelu'), nn.Flatten(), nn.Linear(48, 5)), (6, 8)
    yield 'lstm', Recurrent(nn.LSTM, False), (7, 4)
    yield 'lstm-bi', Recurrent(nn.LSTM, True, pool='max'), (7, 4)
    yield 'lstm-seq-first', Recurrent(nn.LSTM, True, batch_first=False, layers=2, pool='mean'), (7, 4)
    yield 'gru', Recurrent(nn.GRU, False), (7, 4)
    yield 'gru-bi', Recurrent(nn.GRU, True, pool='mean'), (7, 4)
    yield 'rnn', Recurrent(nn.RNN, False), (7, 4)
    yield 'rnn-relu', Recurrent(nn.RNN, True, nonlinearity='relu', pool='mean'), (7, 4)
    yield 'tabular', nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.PReLU(8), nn.Linear(8, 8), nn.ELU(), nn.Linear(8, 8), nn.Softplus(), nn.Linear(8, 5), nn.LogSoftmax(1)), (6,)
    yield 'series', Series(), (2, 24)
    yield 'detector', Detector(), IMAGE
    yield 'conv3d', nn.Sequential(nn.Conv3d(1, 2, 3, 2, 1), nn.LeakyReLU(0.1), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(16, 5), nn.Tanh(), nn.Linear(5, 5)), (1, 8, 8, 8)
    yield 'groupnorm', Head(nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Mish(), nn.InstanceNorm2d(4, affine=True), nn.SELU()), 4), IMAGE
    yield 'spatial-transformer', SpatialTransformer(), IMAGE
    yield 'roi-align', RegionHead(ops.RoIAlign(2, 0.5, 2, aligned=True)), IMAGE
    yield 'roi-align-adaptive', RegionHead(ops.RoIAlign(2, 0.5, -1)), IMAGE
    yield 'roi-pool', RegionHead(ops.RoIPool(2, 0.5)), IMAGE
    yield 'deformable', Head(nn.Sequential(conv_bn(3, 4, 3, 2), Deformable(4, 6)), 6), IMAGE
    yield 'vision-transformer', VisionTransformer(16, 4, 1, 2, 8, 16, num_classes=5), IMAGE
    yield 'decoder', Decoder(), (6, 8)
    h, c, length = torch.randn(4, 1, 6), torch.randn(4, 1, 6), torch.tensor([5])
    yield 'lstm-states', Stateful(nn.LSTM), SERIES, {'h0': h[:1], 'c0': c[:1]}
    yield 'lstm-states-bi', Stateful(nn.LSTM, True, False), SERIES, {'h0': h[:2], 'c0': c[:2]}
    yield 'gru-states', Stateful(nn.GRU, False, False), SERIES, {'h0': h[:1]}
    yield 'gru-states-layers', Stateful(nn.GRU, True, True, 2), SERIES, {'h0': h}
    yield 'rnn-states-bi', Stateful(nn.RNN, True), SERIES, {'h0': h[:2]}
    yield 'lstm-lengths', Packed(nn.LSTM), SERIES, {'lengths': length}
    yield 'lstm-lengths-bi', Packed(nn.LSTM, True, False, last=True), SERIES, {'lengths': length}
    yield 'gru-lengths-bi', Packed(nn.GRU, True, last=True), SERIES, {'lengths': length}
    yield 'rnn-lengths', Packed(nn.RNN, False, False), SERIES, {'lengths': length}
    yield 'lstm-filled', Packed(nn.LSTM, True), SERIES, {}, filled(6, 4, 3)
    yield 'gru-filled', Packed(nn.GRU, False, False), SERIES, {}, filled(6, 4, 3)
    yield 'rnn-filled', Packed(nn.RNN, True, last=True), SERIES, {}, filled(6, 4, 3)


def families(seed=0):
    torch.manual_seed(seed)
    for name, module, shape, *rest in make():
        for layer in module.modules():
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                layer.running_mean.normal_(0, 0.3)
                layer.running_var.uniform_(0.5, 1.5)
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.normal_(layer.bias, 0, 0.2)
            if isinstance(layer, VisionTransformer):
                nn.init.normal_(layer.heads.head.weight, 0, 0.5)
        x = torch.randn(3, *shape, generator=torch.Generator().manual_seed(7))
        others = rest[0] if rest else {}
        yield name, module.eval(), rest[1](x) if len(rest) > 1 else x, others
