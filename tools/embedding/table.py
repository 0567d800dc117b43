"""The table: vocabulary, one vector a token, and the file that ships. The format is described in crates/learn/src/embedding.rs."""

import struct
import zlib

import numpy as np
import scipy.sparse as sparse

import words

MAGIC = b"BSEMBED1"
VERSION = 1
# A word said twice counts less than two words, but more than one.
POWER = 0.75


def bags(tokenizer, vocabulary_size, texts, unknown):
    """(texts, tokens) matrix of counts. Unknown words are left out."""
    indptr, indices, counts = [0], [], []
    for start in range(0, len(texts), 2000):
        for encoded in tokenizer.encode_batch(texts[start : start + 2000], add_special_tokens=False):
            ids = np.array(encoded.ids, np.int32)
            ids, n = np.unique(ids[ids != unknown], return_counts=True)
            indices.append(ids)
            counts.append(n)
            indptr.append(indptr[-1] + len(ids))
    shape = (len(texts), vocabulary_size)
    if not indices:
        return sparse.csr_matrix(shape, dtype=np.float32)
    return sparse.csr_matrix((np.concatenate(counts).astype(np.float32), np.concatenate(indices), indptr), shape=shape)


def unit(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)


class Table:
    """Vectors whose length is the token's weight: a text is the unit sum over its tokens of count ** POWER * vector."""

    def __init__(self, vocabulary, vectors, title_weight=1.0):
        self.vocabulary = vocabulary
        self.vectors = vectors.astype(np.float32)
        self.title_weight = title_weight
        self.unknown = vocabulary.index(words.UNKNOWN)
        self.tokenizer = words.tokenizer(vocabulary)

    def bags(self, texts):
        return bags(self.tokenizer, len(self.vocabulary), texts, self.unknown)

    def of_bags(self, counts):
        return unit(counts.power(POWER) @ self.vectors)

    def encode(self, texts):
        return self.of_bags(self.bags(texts))

    def encode_papers(self, papers, title_weight=None):
        title_weight = title_weight or self.title_weight
        titles, abstracts = self.bags([t for t, _ in papers]), self.bags([a for _, a in papers])
        return self.of_bags(titles * title_weight + abstracts)

    def quantised(self):
        """The table as the file holds it: 8 bits a number, one scale a row."""
        scales = np.abs(self.vectors).max(1) / 127
        scales = np.where(scales > 0, scales, 1).astype(np.float32)
        codes = np.clip(np.rint(self.vectors / scales[:, None]), -127, 127).astype(np.int8)
        return scales, codes


def write(path, table):
    scales, codes = table.quantised()
    spellings = [t.encode() for t in table.vocabulary]
    assert max(map(len, spellings)) < 256
    body = struct.pack("<IIIIf", VERSION, len(spellings), codes.shape[1], sum(map(len, spellings)), table.title_weight)
    body += bytes(map(len, spellings)) + b"".join(spellings)
    body += b"\0" * (-(len(MAGIC) + len(body)) % 64)
    body += scales.astype("<f4").tobytes()
    body += b"\0" * (-(len(MAGIC) + len(body)) % 64)
    body += codes.tobytes()
    body = MAGIC + body
    with open(path, "wb") as out:
        out.write(body + struct.pack("<I", zlib.crc32(body)))


def read(path):
    data = open(path, "rb").read()
    assert data[:8] == MAGIC and zlib.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0], "not a model file, or damaged"
    version, tokens, width, spelled, title_weight = struct.unpack_from("<IIIIf", data, 8)
    assert version == VERSION
    at = 28
    lengths = data[at : at + tokens]
    at += tokens
    vocabulary = []
    for n in lengths:
        vocabulary.append(data[at : at + n].decode())
        at += n
    at += -at % 64
    scales = np.frombuffer(data, "<f4", tokens, at)
    at += 4 * tokens
    at += -at % 64
    codes = np.frombuffer(data, np.int8, tokens * width, at).reshape(tokens, width)
    return Table(vocabulary, codes.astype(np.float32) * scales[:, None], title_weight)
