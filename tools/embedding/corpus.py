"""The texts: arXiv metadata (CC0) to train on, judged collections to choose by. All are JSON lines under zstd."""

import io
import json
import pathlib
import re

import zstandard

# A TeX command says nothing to a reader's query, and the product shows and embeds plain text.
COMMAND = re.compile(r"\\[a-zA-Z]+\*?")
SPACE = re.compile(r"\s+")


def rows(path):
    with open(path, "rb") as raw:
        reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(raw)
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            if line.strip():
                yield json.loads(line)


def plain(text):
    return SPACE.sub(" ", COMMAND.sub(" ", text or "").replace("$", " ")).strip()


def arxiv(data):
    """(title, abstract, primary category) of every record, sorted by id so that the order of the files does not matter."""
    found = {}
    for name in ("arxiv-archive.jsonl.zst", "arxiv-recent.jsonl.zst"):
        for row in rows(pathlib.Path(data) / name):
            title, abstract = plain(row["title"]), plain(row["abstract"])
            if title and len(abstract) >= 100:
                found[row["id"]] = (title, abstract, row["categories"].split(" ")[0])
    return [found[key] for key in sorted(found)]


class Collection:
    """A judged collection. Documents are (title, text); judgements are {query id: {document id: grade}}."""

    def __init__(self, data, name, split):
        folder = pathlib.Path(data) / "ir" / name
        self.name = name
        self.ids, self.documents = [], []
        for row in rows(folder / "corpus.jsonl.zst"):
            self.ids.append(row["_id"])
            self.documents.append((row["title"] or "", row["text"] or ""))
        self.judgements = {}
        with open(folder / "qrels" / f"{split}.tsv", encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                query, document, grade = line.rstrip("\n").split("\t")
                if int(grade) > 0:
                    self.judgements.setdefault(query, {})[document] = int(grade)
        texts = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl.zst")}
        self.query_ids = sorted(self.judgements)
        self.queries = [texts[q] for q in self.query_ids]
