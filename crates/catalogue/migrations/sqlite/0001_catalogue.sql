-- The catalogue's first schema. Numbers are stable: a later schema is a later file.

-- Counters and facts about the catalogue itself.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- What one source knows a paper by, and the paper that it belongs to today.
CREATE TABLE nodes (
    node_id INTEGER PRIMARY KEY,
    node TEXT NOT NULL UNIQUE,
    paper_id INTEGER NOT NULL
);
CREATE INDEX nodes_by_paper ON nodes (paper_id);

-- What sources said, as received and as understood. Rows are never removed.
CREATE TABLE records (
    record_id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES nodes (node_id) DEFERRABLE INITIALLY DEFERRED,
    source TEXT NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (node_id, hash)
);

-- What nodes can be found by. A node's own identity is not repeated here.
CREATE TABLE keys (
    key BLOB NOT NULL,
    node_id INTEGER NOT NULL,
    PRIMARY KEY (key, node_id)
) WITHOUT ROWID;

-- What the records of a component merge into. Small columns come first, so that ranking never reads a body.
CREATE TABLE papers (
    paper_id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    digest BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    primary_category TEXT NOT NULL,
    categories INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    comments INTEGER NOT NULL,
    authors INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    volume TEXT,
    body BLOB NOT NULL
);
CREATE INDEX papers_by_address ON papers (address);
CREATE INDEX papers_by_volume ON papers (volume, address) WHERE volume IS NOT NULL;

-- Every other address that leads to a paper; the smallest rank has the best claim.
CREATE TABLE addresses (
    address TEXT NOT NULL,
    paper_id INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    PRIMARY KEY (address, paper_id)
) WITHOUT ROWID;
CREATE INDEX addresses_by_paper ON addresses (paper_id);

-- Which papers are in the edition of a day. kinds: 1 announced, 2 featured, 3 both.
CREATE TABLE editions (
    day INTEGER NOT NULL,
    paper_id INTEGER NOT NULL,
    kinds INTEGER NOT NULL,
    PRIMARY KEY (day, paper_id)
) WITHOUT ROWID;

-- Which papers a category listed on a day, and how. kind: 0 new, 1 cross-list, 2 replacement.
CREATE TABLE listings (
    category TEXT NOT NULL,
    day INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    paper_id INTEGER NOT NULL,
    PRIMARY KEY (category, day, kind, paper_id)
) WITHOUT ROWID;
CREATE INDEX listings_by_day ON listings (day, kind, category);

CREATE TABLE volumes (
    volume_id TEXT NOT NULL PRIMARY KEY,
    day INTEGER,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX volumes_by_day ON volumes (day) WHERE day IS NOT NULL;

-- What editors decided about pairs of nodes; one is the smaller.
CREATE TABLE decisions (
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    same INTEGER NOT NULL,
    note TEXT NOT NULL,
    decided_at INTEGER NOT NULL DEFAULT (unixepoch()),
    PRIMARY KEY (one, other)
) WITHOUT ROWID;

-- The latest change of every paper that is or was, in the transaction of the change.
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY,
    paper_id INTEGER NOT NULL
);

CREATE TABLE problems (
    hash BLOB NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX problems_by_place ON problems (place, hash);

CREATE TABLE sources (
    source TEXT NOT NULL PRIMARY KEY,
    records INTEGER NOT NULL,
    latest_day INTEGER
) WITHOUT ROWID;

CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER,
    accepted TEXT NOT NULL,
    outcome TEXT NOT NULL
);

INSERT INTO meta (name, value) VALUES
    ('last_node', 0), ('last_paper', 0), ('last_record', 0), ('last_run', 0), ('sequence', 0),
    ('papers', 0), ('records', 0), ('problems', 0);
