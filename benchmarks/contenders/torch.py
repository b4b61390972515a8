import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def gradients(program):
    data = [torch.tensor(array) for array in program.data]
    single = not isinstance(program.parameters, tuple)
    arrays = [program.parameters] if single else program.parameters
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    parameters = leaves[0] if single else leaves
    return {"PyTorch": lambda: torch.autograd.grad(program.torch(torch, parameters, *data), leaves)}
