-- Several accounts in one archive, as a stream has them: an id is unique within its account.
CREATE TABLE events_of_accounts (
    -- 1, 2, 3 and so on, without holes.
    number INTEGER PRIMARY KEY,
    -- Which commit brought it.
    poll INTEGER NOT NULL,
    -- Its id in the cluster; empty if the archive polls one account.
    account TEXT NOT NULL DEFAULT '',
    -- For followers, subscribers, gifts, messages, rants, raids and subscription notices, and for everything that comes from a stream.
    id TEXT,
    kind TEXT NOT NULL,
    -- Unix time in seconds.
    at INTEGER NOT NULL,
    stream TEXT,
    username TEXT,
    -- For subscribers and rants.
    cents INTEGER,
    text TEXT,
    -- The whole event.
    json TEXT NOT NULL,
    UNIQUE (id, account)
) STRICT;

INSERT INTO events_of_accounts (number, poll, id, kind, at, stream, username, cents, text, json)
SELECT number, poll, id, kind, at, stream, username, cents, text, json FROM events;

DROP TABLE events;
ALTER TABLE events_of_accounts RENAME TO events;
CREATE INDEX events_by_kind ON events (kind, at);
