"""The programs from the sciences as one writes them for PyTorch.

Each function has the name of one in `workloads/science.py`, and takes the form of
`Program.torch`.
"""


def logistic_regression(torch, weights, x, labels):
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return loss(x @ weights, labels, reduction="sum") + 0.5 * torch.sum(weights**2)


def gaussian_process(torch, theta, x, y):
    squares = torch.cdist(x, x) ** 2 / torch.exp(2 * theta[0])
    kernel = torch.exp(theta[1] - 0.5 * squares) + torch.exp(theta[2]) * torch.eye(len(x))
    factor = torch.linalg.cholesky(kernel)
    solution = torch.cholesky_solve(y[:, None], factor)[:, 0]
    return 0.5 * y @ solution + torch.sum(torch.log(torch.diagonal(factor)))


def attention(torch, parameters):
    q, k, v = parameters
    weights = torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=1)
    return torch.sum((weights @ v) ** 2)


def k_means(torch, centres, x):
    return torch.sum(torch.cdist(x, centres).min(dim=1).values ** 2)


def n_body(torch, places, masses):
    apart = places[:, None, :] - places
    distances = torch.sqrt(torch.sum(apart**2, dim=2) + 0.01)
    return -torch.sum(torch.outer(masses, masses) / distances)


def black_scholes(torch, parameters, strikes):
    spots, times, volatilities = parameters
    spread = volatilities * torch.sqrt(times)
    drift = (0.02 + 0.5 * volatilities**2) * times
    upper = (torch.log(spots / strikes) + drift) / spread

    def below(z):
        return 0.5 * (1.0 + torch.tanh(0.7978845608 * (z + 0.044715 * z**3)))

    discounted = strikes * torch.exp(-0.02 * times)
    return torch.sum(spots * below(upper) - discounted * below(upper - spread))


def springs(torch, places):
    lengths = torch.linalg.vector_norm(torch.diff(places, dim=0), dim=1)
    return torch.sum((lengths - 0.1) ** 2)


def convolution(torch, kernel, images):
    """PyTorch has channels before rows and columns, and those that come out first."""
    out = torch.nn.functional.conv2d(images.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1))
    return torch.sum(torch.relu(out) ** 2)


def kalman(torch, parameters, observations):
    step = torch.tensor([[1.0, 0.1], [0.0, 1.0]])
    noise, error = torch.exp(parameters[0]) * torch.eye(2), torch.exp(parameters[1])
    mean, cov, total = torch.zeros(2), torch.eye(2), 0.0
    for y in observations:
        mean, cov = step @ mean, step @ cov @ step.T + noise
        residual, variance = y - mean[0], cov[0, 0] + error
        gain = cov[:, 0] / variance
        mean, cov = mean + gain * residual, cov - torch.outer(gain, cov[0])
        total = total + torch.log(variance) + residual**2 / variance
    return 0.5 * total


def mandelbrot(torch, c):
    x = y = torch.zeros_like(c[0])
    for _ in range(50):
        inside = x * x + y * y < 4.0
        new_x, new_y = x * x - y * y + c[0], 2.0 * x * y + c[1]
        x, y = torch.where(inside, new_x, x), torch.where(inside, new_y, y)
    return torch.sum(torch.log1p(x * x + y * y))
