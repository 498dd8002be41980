"""Computes a stored model's scores anew, with nothing but the file and NumPy.

    rebuild_scores.py MODEL.safetensors --raw SCORES.safetensors
    rebuild_scores.py MODEL.safetensors --published LISTS.csv HISTORY.csv

The first compares with a tensor `scores` of the model's own scores, users by items; the second with the
column `score` of `ncf-batch export recommendations`, by way of the calibration in the file's metadata and of
the items that each user has had (columns user_id and item_id).
Prints how many were compared and the largest difference; ends with 1 when it is above 1e-5.
"""

import csv
import json
import sys
import uuid

import numpy
from safetensors import safe_open

TOLERANCE = 1e-5


def read(path):
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def identifiers(tensors, name, kind):
    """The ids that rows stand for, as text, in the order of the rows."""
    ids = tensors[name + ".ids"]
    if kind in ("bigint", "integer"):
        return [str(number) for number in ids]
    if kind == "uuid":
        return [str(uuid.UUID(bytes=bytes(row))) for row in ids]
    offsets = tensors[name + ".offsets"]
    return [bytes(ids[a:b]).decode() for a, b in zip(offsets, offsets[1:])]


ACTIVATIONS = {
    "relu": lambda x: numpy.maximum(x, 0),
    "tanh": numpy.tanh,
    "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "identity": lambda x: x,
}


def network(t, spec):
    """Scores of all users against all items: equations (9), (10), (11) and (12) of the paper."""
    t = {name: value.astype(numpy.float64) for name, value in t.items()}
    activation = ACTIVATIONS[spec["activation"]]
    scores = t["output.bias"][0]
    product = None
    if spec["gmf_width"] > 0:
        product = t["user.gmf"][:, None, :] * t["item.gmf"][None, :, :]
        if "output.gmf" in t:
            scores = scores + product @ t["output.gmf"]
    if spec["tower"]:
        shared = spec["shared_embeddings"]
        p, q = (t[side + (".gmf" if shared else ".mlp")] for side in ("user", "item"))
        users, items, width = len(p), len(q), p.shape[1]
        x = numpy.concatenate(
            [
                numpy.broadcast_to(p[:, None, :], (users, items, width)),
                numpy.broadcast_to(q[None, :, :], (users, items, width)),
            ],
            axis=2,
        )
        for layer in range(len(spec["tower"]) - 1):
            x = x @ t[f"tower.{layer}.weight"] + t[f"tower.{layer}.bias"]
            x = activation(x + product if spec["fusion"] == "sum" else x)
        scores = scores + x @ t["output.mlp"]
    return scores


def neighbours(t):
    """Sums of similarities between what a user has and an item."""
    users, items = len(t["user.offsets"]) - 1, len(t["item.offsets"]) - 1
    similarity = numpy.zeros((items, items))
    for own in range(items):
        part = slice(t["item.offsets"][own], t["item.offsets"][own + 1])
        similarity[own, t["item.items"][part]] = t["item.similarities"][part]
    weights = t.get("user.weights", numpy.ones(len(t["user.items"])))
    has = numpy.zeros((users, items))
    for user in range(users):
        part = slice(t["user.offsets"][user], t["user.offsets"][user + 1])
        has[user, t["user.items"][part]] = weights[part]
    return has @ similarity


def places(words, identifiers):
    """The rows of users and items by their ids as text."""
    return tuple(
        {text: row for row, text in enumerate(identifiers(name, words[kind]))}
        for name, kind in (("users", "user_kind"), ("items", "item_kind"))
    )


def calibrated(words, scores, has):
    """A function of user, item and rank: the published score."""
    slope, offset = (float(words["calibration." + part]) for part in ("slope", "offset"))
    if words["calibration.kind"] == "rank":
        return lambda user, item, rank: 1 / (1 + numpy.exp(slope * numpy.log(rank) - offset))
    logits = float(words["calibration.scale"]) * scores
    best = logits.max(axis=1, keepdims=True)
    # Over all items that the user has not had.
    sums = best[:, 0] + numpy.log(numpy.where(has, 0, numpy.exp(logits - best)).sum(axis=1))
    published = 1 / (1 + numpy.exp(-(slope * (logits - sums[:, None]) + offset)))
    return lambda user, item, rank: published[user, item]


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def main(model, how, other, history=None):
    tensors, words = read(model)
    if words["model"] == "network":
        scores = network({n: v for n, v in tensors.items() if v.dtype == numpy.float32},
                         json.loads(words["spec"]))
    else:
        scores = neighbours(tensors)
    if how == "--raw":
        expected = read(other)[0]["scores"]
        differences = numpy.abs(scores - expected)
        compared, worst = differences.size, differences.max()
    else:
        assert words["lists"] == "same", "lists are made with another model than is stored"
        users, items = places(words, lambda name, kind: identifiers(tensors, name, kind))
        has = numpy.zeros(scores.shape, dtype=bool)
        for row in rows(history):
            has[users[row["user_id"]], items[row["item_id"]]] = True
        score = calibrated(words, scores, has)
        compared, worst = 0, 0.0
        for row in rows(other):
            if row["source"] == "model":
                own = score(users[row["user_id"]], items[row["item_id"]], int(row["rank"]))
                compared, worst = compared + 1, max(worst, abs(own - float(row["score"])))
        print(f"by {words['calibration.kind']}, ", end="")
    print(f"compared {compared}, largest difference {worst:.2e}")
    return 0 if compared > 0 and worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
