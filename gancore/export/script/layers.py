"""Layers that several networks are made of, as code."""

UP = """
    def up(inputs, outputs, stride=2, padding=1):
        layer = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
        return layer, nn.BatchNorm2d(outputs), nn.ReLU()
"""
DOWN = """
    def down(inputs, outputs, norm=True):  #? mixed
        normed = [nn.BatchNorm2d(outputs)] if norm else []  #? mixed
        return nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), *normed, nn.LeakyReLU(0.2)  #? mixed
    def down(inputs, outputs):  #? !mixed
        layer = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)  #? !mixed
        return layer, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)  #? !mixed norm
        return layer, nn.LeakyReLU(0.2)  #? !mixed !norm
"""
DROPOUT = '''
    class Dropout(nn.Module):
        """nn.Dropout, which draws from a generator of its own."""

        def __init__(self, share):
            super().__init__()
            self.share = share

        def forward(self, x):
            if not self.training:
                return x
            mask = torch.empty(x.shape, dtype=x.dtype).bernoulli_(1 - self.share, generator=Dropout.source)
            return x * mask.to(x.device) / (1 - self.share)
'''
MAXOUT = '''
    class Maxout(nn.Module):
        """Each unit is the largest of several linear functions (Goodfellow et al. 2013)."""

        def __init__(self, inputs, units, pieces):
            super().__init__()
            self.units, self.linear = units, nn.Linear(inputs, units * pieces)

        def forward(self, x):
            return self.linear(x).unflatten(1, (self.units, -1)).amax(2)
'''
CONDITIONAL = '''
    class Conditional(nn.Module):
        """Layers whose input is joined to an embedding of the class."""

        def __init__(self, *layers):
            super().__init__()
            self.embedding = nn.Embedding(CLASSES, CLASSES)
            self.layers = nn.Sequential(*layers)

        def forward(self, x, y):
            return self.layers(torch.cat([x.flatten(1), self.embedding(y)], 1))
'''
SPECTRAL = '''
    class SpectralNorm(nn.Module):
        """A weight divided by its largest singular value (Miyato et al. 2018)."""

        def __init__(self, weight, source):
            super().__init__()
            self.register_buffer("u", normalize(torch.randn(len(weight), generator=source), dim=0))
            for _ in range(15):
                self.improve(weight.detach().flatten(1))

        def forward(self, weight):
            matrix = weight.flatten(1)
            if self.training:
                self.improve(matrix.detach())
            u = self.u.clone()
            v = normalize(matrix.detach().T @ u, dim=0)
            return weight / torch.dot(u, matrix @ v)

        @torch.no_grad()
        def improve(self, matrix):
            self.u.copy_(normalize(matrix @ normalize(matrix.T @ self.u, dim=0), dim=0))
'''
