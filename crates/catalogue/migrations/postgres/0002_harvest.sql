-- What a harvest has reached, in its own words (a resumption token, a datestamp): written with the page that it came from.
CREATE TABLE progress (
    source TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (source, part)
);

-- What a source's listing of a category names on a day. kind as in listings.
CREATE TABLE announced (
    source TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    kind BIGINT NOT NULL,
    PRIMARY KEY (source, category, day, node)
);

-- How many entries a source says that its listing of a category on a day has.
CREATE TABLE stated (
    source TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (source, day, category)
);

-- Scheduled work. Whoever raises the fence holds the job until the lease ends. Times are seconds since 1970, UTC.
CREATE TABLE jobs (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due BIGINT NOT NULL,
    holder TEXT COLLATE "C",
    lease_ends BIGINT,
    fence BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    succeeded BIGINT,
    outcome TEXT COLLATE "C" NOT NULL
);
CREATE INDEX jobs_by_due ON jobs (due, name);

-- Values that processes change in turn: whoever knows the number that stands there may replace the value.
CREATE TABLE gates (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fence BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);
