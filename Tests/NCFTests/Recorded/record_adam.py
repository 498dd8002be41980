"""Records steps of PyTorch's Adam and SparseAdam, for OptimizerTests.

usage: python3 record_adam.py > adam.json      needs: torch
Gradients are drawn with a fixed seed and stand in the file, so the test repeats the steps on them.
"""
import json
import torch

torch.manual_seed(7)
ROWS, WIDTH, STEPS, RATE = 5, 8, 12, 0.01


def numbers(tensor):
    return [float(x) for x in tensor.detach().flatten()]


def dense():
    parameter = torch.nn.Parameter(torch.randn(ROWS * WIDTH))
    start = numbers(parameter)
    optimizer = torch.optim.Adam([parameter], lr=RATE)
    steps = []
    for step in range(STEPS):
        # From tiny to large: the moments' corrections and the epsilon all show.
        gradient = torch.randn(ROWS * WIDTH) * 10.0 ** (step % 5 - 3)
        parameter.grad = gradient.clone()
        optimizer.step()
        steps.append({"gradient": numbers(gradient), "after": numbers(parameter)})
    return {"start": start, "steps": steps}


def sparse():
    table = torch.nn.Embedding(ROWS, WIDTH, sparse=True)
    start = numbers(table.weight)
    optimizer = torch.optim.SparseAdam(list(table.parameters()), lr=RATE)
    steps = []
    for step in range(STEPS):
        # Some rows twice in a batch, some left out for several steps.
        rows = [step % ROWS, (step * 2) % ROWS, step % ROWS]
        gradient = torch.randn(len(rows), WIDTH)
        table.weight.grad = torch.sparse_coo_tensor(
            torch.tensor([rows]), gradient, (ROWS, WIDTH))
        optimizer.step()
        steps.append({"rows": rows, "gradient": numbers(gradient), "after": numbers(table.weight)})
    return {"start": start, "steps": steps}


print(json.dumps({"torch": torch.__version__, "rate": RATE, "rows": ROWS, "width": WIDTH,
                  "dense": dense(), "sparse": sparse()}))
