-- Each event, in the order of arrival.
CREATE TABLE events (
    -- 1, 2, 3 and so on, without holes.
    number INTEGER PRIMARY KEY,
    -- Which commit brought it.
    poll INTEGER NOT NULL,
    -- For followers, subscribers, gifts, messages, rants, raids and subscription notices.
    id TEXT UNIQUE,
    kind TEXT NOT NULL,
    -- Unix time in seconds.
    at INTEGER NOT NULL,
    stream TEXT,
    username TEXT,
    -- For subscribers and rants.
    cents INTEGER,
    text TEXT,
    -- The whole event.
    json TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_kind ON events (kind, at);

-- How far the archive has got: one row.
CREATE TABLE archive (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    source TEXT NOT NULL,
    polls INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    token TEXT NOT NULL DEFAULT '',
    checkpoint TEXT
) STRICT;
