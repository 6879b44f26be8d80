-- Each event, in the order of arrival.
CREATE TABLE events (
    -- 1, 2, 3 and so on, without holes.
    number bigint PRIMARY KEY,
    -- Which commit brought it.
    poll bigint NOT NULL,
    -- For followers, subscribers, gifts, messages, rants, raids and subscription notices.
    id text UNIQUE,
    kind text NOT NULL,
    -- Unix time in seconds.
    at bigint NOT NULL,
    stream text,
    username text,
    -- For subscribers and rants.
    cents bigint,
    text text,
    -- The whole event. Of type json, because jsonb cannot hold U+0000.
    json json NOT NULL
);

CREATE INDEX events_by_kind ON events (kind, at);

-- How far the archive has got: one row.
CREATE TABLE archive (
    one int PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    schema int NOT NULL,
    source text NOT NULL,
    polls bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    token text NOT NULL DEFAULT '',
    checkpoint text
);
