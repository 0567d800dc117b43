-- The catalogue's first schema. Numbers are stable: a later schema is a later file.

-- Counters and facts about the catalogue itself.
CREATE TABLE meta (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- What one source knows a paper by, and the paper that it belongs to today.
CREATE TABLE nodes (
    node_id BIGINT PRIMARY KEY,
    node TEXT COLLATE "C" NOT NULL UNIQUE,
    paper_id BIGINT NOT NULL
);
CREATE INDEX nodes_by_paper ON nodes (paper_id);

-- What sources said, as received and as understood. Rows are never removed.
CREATE TABLE records (
    record_id BIGINT PRIMARY KEY,
    node_id BIGINT NOT NULL REFERENCES nodes (node_id),
    source TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    body BYTEA NOT NULL,
    UNIQUE (node_id, hash)
);

-- What nodes can be found by. A node's own identity is not repeated here.
CREATE TABLE keys (
    key BYTEA NOT NULL,
    node_id BIGINT NOT NULL,
    PRIMARY KEY (key, node_id)
);

-- What the records of a component merge into. Small columns come first, so that ranking never reads a body.
CREATE TABLE papers (
    paper_id BIGINT PRIMARY KEY,
    address TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    primary_category TEXT COLLATE "C" NOT NULL,
    categories BIGINT NOT NULL,
    votes BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    authors BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    volume TEXT COLLATE "C",
    body BYTEA NOT NULL
);
CREATE INDEX papers_by_address ON papers (address);
CREATE INDEX papers_by_volume ON papers (volume, address) WHERE volume IS NOT NULL;

-- Every other address that leads to a paper; the smallest rank has the best claim.
CREATE TABLE addresses (
    address TEXT COLLATE "C" NOT NULL,
    paper_id BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    PRIMARY KEY (address, paper_id)
);
CREATE INDEX addresses_by_paper ON addresses (paper_id);

-- Which papers are in the edition of a day. kinds: 1 announced, 2 featured, 3 both.
CREATE TABLE editions (
    day BIGINT NOT NULL,
    paper_id BIGINT NOT NULL,
    kinds BIGINT NOT NULL,
    PRIMARY KEY (day, paper_id)
);

-- Which papers a category listed on a day, and how. kind: 0 new, 1 cross-list, 2 replacement.
CREATE TABLE listings (
    category TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    paper_id BIGINT NOT NULL,
    PRIMARY KEY (category, day, kind, paper_id)
);
CREATE INDEX listings_by_day ON listings (day, kind, category);

CREATE TABLE volumes (
    volume_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    day BIGINT,
    body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX volumes_by_day ON volumes (day) WHERE day IS NOT NULL;

-- What editors decided about pairs of nodes; one is the smaller.
CREATE TABLE decisions (
    one TEXT COLLATE "C" NOT NULL,
    other TEXT COLLATE "C" NOT NULL,
    same BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    decided_at BIGINT NOT NULL DEFAULT (EXTRACT(EPOCH FROM now())::bigint),
    PRIMARY KEY (one, other)
);

-- The latest change of every paper that is or was, in the transaction of the change.
CREATE TABLE changes (
    sequence BIGINT PRIMARY KEY,
    paper_id BIGINT NOT NULL
);

CREATE TABLE problems (
    hash BYTEA NOT NULL PRIMARY KEY,
    place TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX problems_by_place ON problems (place, hash);

CREATE TABLE sources (
    source TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    records BIGINT NOT NULL,
    latest_day BIGINT
);

CREATE TABLE runs (
    run_id BIGINT PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    began BIGINT NOT NULL,
    ended BIGINT,
    accepted TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL
);

INSERT INTO meta (name, value) VALUES
    ('last_node', 0), ('last_paper', 0), ('last_record', 0), ('last_run', 0), ('sequence', 0),
    ('papers', 0), ('records', 0), ('problems', 0);

-- Bodies are compressed already.
ALTER TABLE records ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE papers ALTER COLUMN body SET STORAGE EXTERNAL;
