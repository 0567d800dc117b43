"""Contrastive training of the table: a title must find its own abstract among the others of the batch (symmetric InfoNCE, Adam).

The tables are too small to need a framework: gradients are written out, and only the rows that a batch touches are updated.
"""

import dataclasses

import numpy as np
import scipy.sparse as sparse


@dataclasses.dataclass
class Recipe:
    epochs: float = 3
    batch: int = 1024
    rate: float = 2e-3
    temperature: float = 0.05
    # How many neighbours in a batch share the primary category: harder negatives. 1 = none.
    group: int = 1
    # Chance that a token which both sides hold is left out of the abstract: the rest must match by meaning.
    hide: float = 0.0
    # Share of pairs whose first side is a passage of the abstract itself instead of the title.
    passages: float = 0.0
    # Weight of shared words (idf-weighted cosine, added to the logits): the table learns what words leave over.
    lexical: float = 0.0
    # Pull towards the start, per step, as a share of the rate.
    anchor: float = 0.0
    # Exponent of a token's count in a text.
    power: float = 0.5
    seed: int = 1


class Texts:
    """Token ids of many texts, end to end."""

    def __init__(self, tokenizer, texts, unknown):
        ids, ends = [], [0]
        for start in range(0, len(texts), 2000):
            for encoded in tokenizer.encode_batch(texts[start : start + 2000], add_special_tokens=False):
                row = np.array(encoded.ids, np.int32)
                row = row[row != unknown]
                ids.append(row)
                ends.append(ends[-1] + len(row))
        self.ids, self.ends = np.concatenate(ids), np.array(ends)

    def windows(self, rows, low, high):
        """Ids and row numbers of the window [low, high) (shares of the length) of each row."""
        start, length = self.ends[rows], self.ends[rows + 1] - self.ends[rows]
        a = (low * length).astype(int)
        n = np.minimum(np.maximum(((high - low) * length).astype(int), 1), length - a)
        row = np.repeat(np.arange(len(rows)), n)
        within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        return self.ids[np.repeat(start + a, n) + within], row


def _counted(ids, row, vocabulary):
    keys, n = np.unique(row.astype(np.int64) * vocabulary + ids, return_counts=True)
    return keys, n


def _compact(keys, n, vocabulary, tokens, rows, power):
    column = np.searchsorted(tokens, keys % vocabulary)
    return sparse.csr_matrix(((n**power).astype(np.float32), (keys // vocabulary, column)), shape=(rows, len(tokens)))


def _softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _loss(x, y, temperature, extra):
    """Symmetric InfoNCE of raw sums x, y: loss and gradients with respect to x and y."""
    nx, ny = (np.linalg.norm(v, axis=1, keepdims=True) + 1e-9 for v in (x, y))
    ux, uy = x / nx, y / ny
    logits = ux @ uy.T / temperature
    if extra is not None:
        logits += extra
    p, q = _softmax(logits), _softmax(logits.T).T
    diagonal = np.arange(len(x))
    loss = -0.5 * (np.log(p[diagonal, diagonal] + 1e-20).mean() + np.log(q[diagonal, diagonal] + 1e-20).mean())
    g = 0.5 * (p + q)
    g[diagonal, diagonal] -= 1
    g /= len(x) * temperature
    gx, gy = g @ uy, g.T @ ux
    gx = (gx - (gx * ux).sum(1, keepdims=True) * ux) / nx
    gy = (gy - (gy * uy).sum(1, keepdims=True) * uy) / ny
    return loss, gx, gy


def _order(rng, categories, recipe):
    """Row numbers of an epoch: shuffled, then dealt so that `group` neighbours share a category."""
    order = rng.permutation(len(categories))
    if recipe.group > 1:
        order = order[np.argsort(categories[order], kind="stable")]
        whole = len(order) // recipe.group * recipe.group
        dealt = order[:whole].reshape(-1, recipe.group)
        order = dealt[rng.permutation(len(dealt))].reshape(-1)
    return order


def train(vectors, weights, titles, abstracts, categories, recipe, report=None):
    """Returns the trained vectors, lengths being weights. `report(epoch, vectors)` is called after each epoch."""
    rng = np.random.default_rng(recipe.seed)
    vocabulary, width = vectors.shape
    e = vectors.astype(np.float32).copy()
    a = np.log(weights).astype(np.float32)
    origin = e.copy() if recipe.anchor else None
    e1, e2 = np.zeros_like(e), np.zeros_like(e)
    a1, a2 = np.zeros_like(a), np.zeros_like(a)
    if recipe.lexical:
        seen = np.bincount(abstracts.ids, minlength=vocabulary)
        idf = np.log(1 + len(abstracts.ends) / (1 + seen)).astype(np.float32)
    per_epoch = len(categories) // recipe.batch
    total = int(per_epoch * recipe.epochs)
    step, losses = 0, []
    while step < total:
        order = _order(rng, categories, recipe)
        for b in range(per_epoch):
            rows = order[b * recipe.batch : (b + 1) * recipe.batch]
            m = len(rows)
            length = rng.uniform(0.4, 1.0, m)
            low = rng.uniform(0, 1, m) * (1 - length)
            d_ids, d_row = abstracts.windows(rows, low, low + length)
            q_ids, q_row = titles.windows(rows, np.zeros(m), np.ones(m))
            if recipe.passages:
                # A passage of a tenth to a quarter of the abstract, and the abstract without it.
                inner = rng.random(m) < recipe.passages
                share = rng.uniform(0.1, 0.25, m)
                at = rng.uniform(0, 1, m) * (1 - share)
                p_ids, p_row = abstracts.windows(rows, at, at + share)
                f_ids, f_row = abstracts.windows(rows, np.zeros(m), at)
                g_ids, g_row = abstracts.windows(rows, at + share, np.ones(m))
                q_ids = np.concatenate([q_ids[~inner[q_row]], p_ids[inner[p_row]]])
                q_row = np.concatenate([q_row[~inner[q_row]], p_row[inner[p_row]]])
                d_ids = np.concatenate([d_ids[~inner[d_row]], f_ids[inner[f_row]], g_ids[inner[g_row]]])
                d_row = np.concatenate([d_row[~inner[d_row]], f_row[inner[f_row]], g_row[inner[g_row]]])
            qk, qn = _counted(q_ids, q_row, vocabulary)
            dk, dn = _counted(d_ids, d_row, vocabulary)
            if recipe.hide:
                keep = ~np.isin(dk, qk, assume_unique=True) | (rng.random(len(dk)) >= recipe.hide)
                dk, dn = dk[keep], dn[keep]
            tokens = np.union1d(np.unique(qk % vocabulary), np.unique(dk % vocabulary))
            q, d = (_compact(k, n, vocabulary, tokens, m, recipe.power) for k, n in ((qk, qn), (dk, dn)))
            extra = None
            if recipe.lexical:
                lq, ld = (v.multiply(idf[tokens]).tocsr() for v in (q, d))
                lq, ld = (sparse.diags(1 / (np.sqrt(v.multiply(v).sum(1).A1) + 1e-9)) @ v for v in (lq, ld))
                extra = recipe.lexical * (lq @ ld.T).toarray()
            weight = np.exp(a[tokens])[:, None]
            f = weight * e[tokens]
            x, y = q @ f, d @ f
            loss, gx, gy = _loss(x, y, recipe.temperature, extra)
            gf = q.T @ gx + d.T @ gy
            ge, ga = gf * weight, (gf * f).sum(1)
            step += 1
            rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * step / total))
            c1, c2 = 1 - 0.9**step, 1 - 0.999**step
            for value, first, second, gradient in ((e, e1, e2, ge), (a, a1, a2, ga)):
                m1 = 0.9 * first[tokens] + 0.1 * gradient
                m2 = 0.999 * second[tokens] + 0.001 * gradient * gradient
                first[tokens], second[tokens] = m1, m2
                value[tokens] -= rate * (m1 / c1) / (np.sqrt(m2 / c2) + 1e-8)
            if recipe.anchor:
                e[tokens] += recipe.anchor * rate * (origin[tokens] - e[tokens])
            losses.append(loss)
            if step == total:
                break
        if report:
            report(step / per_epoch, float(np.mean(losses)), np.exp(a)[:, None] * e)
        losses.clear()
    return np.exp(a)[:, None] * e
