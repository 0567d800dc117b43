-- What a harvest has reached, in its own words (a resumption token, a datestamp): written with the page that it came from.
CREATE TABLE progress (
    source TEXT NOT NULL,
    part TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (source, part)
) WITHOUT ROWID;

-- What a source's listing of a category names on a day. kind as in listings.
CREATE TABLE announced (
    source TEXT NOT NULL,
    category TEXT NOT NULL,
    day INTEGER NOT NULL,
    node TEXT NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (source, category, day, node)
) WITHOUT ROWID;

-- How many entries a source says that its listing of a category on a day has.
CREATE TABLE stated (
    source TEXT NOT NULL,
    day INTEGER NOT NULL,
    category TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (source, day, category)
) WITHOUT ROWID;

-- Scheduled work. Whoever raises the fence holds the job until the lease ends. Times are seconds since 1970, UTC.
CREATE TABLE jobs (
    name TEXT NOT NULL PRIMARY KEY,
    due INTEGER NOT NULL,
    holder TEXT,
    lease_ends INTEGER,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    succeeded INTEGER,
    outcome TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_by_due ON jobs (due, name);

-- Values that processes change in turn: whoever knows the number that stands there may replace the value.
CREATE TABLE gates (
    name TEXT NOT NULL PRIMARY KEY,
    fence INTEGER NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
