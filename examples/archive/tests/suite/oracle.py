"""The same report as the program's, by SQL: python3 oracle.py FILE ZONE FROM TO, with "" for no day."""

import datetime
import json
import sqlite3
import sys
import zoneinfo

file, zone, first, last = sys.argv[1:]
ZONE = zoneinfo.ZoneInfo(zone)


def moment(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc)


def utc(at):
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix(text):
    return int(datetime.datetime.fromisoformat(text.split(".")[0].rstrip("Z") + "+00:00").timestamp())


database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
database.row_factory = sqlite3.Row
database.create_function("day", 1, lambda at: moment(at).astimezone(ZONE).date().isoformat())
database.create_function("unix", 1, unix)
database.execute("CREATE TEMP VIEW chosen AS SELECT day(at) AS day, * FROM main.events")
CHOSEN = "(:first = '' OR day >= :first) AND (:last = '' OR day <= :last)"
names = {"first": first, "last": last}


def query(sql):
    return [dict(row) for row in database.execute(sql, names)]


SUMS = """
    count(*) FILTER (WHERE kind = 'follower') AS followers,
    count(*) FILTER (WHERE kind = 'message') AS messages,
    count(*) FILTER (WHERE kind = 'rant') AS rants,
    coalesce(sum(cents) FILTER (WHERE kind = 'rant'), 0) AS rant_cents,
    count(*) FILTER (WHERE kind = 'subscriber') AS subscriptions,
    coalesce(sum(cents) FILTER (WHERE kind = 'subscriber'), 0) AS subscription_cents,
    count(*) FILTER (WHERE kind = 'gifted_subs') AS gifts,
    coalesce(sum(json ->> '$.total_gifts') FILTER (WHERE kind = 'gifted_subs'), 0) AS gifted_subscriptions
"""
COUNTED = "kind IN ('follower', 'message', 'rant', 'subscriber', 'gifted_subs')"
STREAMS = f"""
    WITH turns AS (
        SELECT *, lag(kind) OVER (PARTITION BY stream ORDER BY number) AS before
        FROM chosen WHERE kind IN ('stream_started', 'stream_ended')
    ), sessions AS (
        SELECT *, lead(number, 1, 9e15) OVER following AS until, lead(kind) OVER following AS next, lead(json) OVER following AS ending
        FROM turns
        WHERE NOT (kind = 'stream_started' AND before IS 'stream_started' AND json ->> '$.already_live')
        WINDOW following AS (PARTITION BY stream ORDER BY number)
    )
    SELECT stream,
           coalesce((SELECT json ->> '$.title' FROM events AS u
                     WHERE u.stream = sessions.stream AND u.number > sessions.number AND u.number < until
                           AND (u.kind = 'stream_started' AND u.json ->> '$.title' <> ''
                                OR u.kind = 'stream_updated' AND EXISTS (SELECT 1 FROM json_each(u.json, '$.changed') WHERE value = 'title'))
                     ORDER BY u.number DESC LIMIT 1), json ->> '$.title') AS title,
           at AS started, json ->> '$.already_live' AS already_live,
           CASE WHEN next = 'stream_ended' THEN unix(ending ->> '$.last_seen') END AS ended,
           (SELECT max(json ->> '$.watching_now') FROM events AS u
            WHERE u.kind = 'stream_updated' AND u.stream = sessions.stream AND u.number > sessions.number AND u.number < until) AS peak_viewers
    FROM sessions WHERE kind = 'stream_started' AND {CHOSEN} ORDER BY number
"""

streams = [
    {
        "stream": row["stream"],
        "title": row["title"],
        "started": utc(row["started"]),
        "already_live": bool(row["already_live"]),
        "ended": None if row["ended"] is None else utc(row["ended"]),
        "seconds": None if row["ended"] is None else row["ended"] - row["started"],
        "peak_viewers": row["peak_viewers"],
    }
    for row in query(STREAMS)
]
print(
    json.dumps(
        {
            "zone": zone,
            "from": first or None,
            "to": last or None,
            "events": query(f"SELECT count(*) AS count FROM chosen WHERE {CHOSEN}")[0]["count"],
            "gaps": query(f"SELECT count(*) AS count FROM chosen WHERE kind = 'gap' AND {CHOSEN}")[0]["count"],
            "total": query(f"SELECT {SUMS} FROM chosen WHERE {CHOSEN}")[0],
            "days": query(f"SELECT day, {SUMS} FROM chosen WHERE {COUNTED} AND {CHOSEN} GROUP BY day ORDER BY day"),
            "chatters": query(
                f"SELECT coalesce(username, '') AS username, count(*) AS messages FROM chosen WHERE kind = 'message' AND {CHOSEN} "
                "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
            ),
            "streams": streams,
        }
    )
)
