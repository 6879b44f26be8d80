-- Several accounts in one archive, as a stream has them: an id is one within its account.
CREATE TABLE events_of_accounts (
    -- 1, 2, 3 and so on, without holes.
    number INTEGER PRIMARY KEY,
    -- Which commit brought it.
    poll INTEGER NOT NULL,
    -- By its id in the cluster; empty where one account is polled.
    account TEXT NOT NULL DEFAULT '',
    -- Of followers, subscribers, gifts, messages, rants, raids and subscription notices, and of all that comes from a stream.
    id TEXT,
    kind TEXT NOT NULL,
    -- Unix time in seconds.
    at INTEGER NOT NULL,
    stream TEXT,
    username TEXT,
    -- Of subscribers and rants.
    cents INTEGER,
    text TEXT,
    -- All of it.
    json TEXT NOT NULL,
    UNIQUE (id, account)
) STRICT;

INSERT INTO events_of_accounts (number, poll, id, kind, at, stream, username, cents, text, json)
SELECT number, poll, id, kind, at, stream, username, cents, text, json FROM events;

DROP TABLE events;
ALTER TABLE events_of_accounts RENAME TO events;
CREATE INDEX events_by_kind ON events (kind, at);
