"""Polls a recorded account with cocorum and prints, as JSON, what it takes for new and what that cost.

Standard input is {"url": ..., "clock": [the second of each answer]}. This machine's clock, by which cocorum tells what is new, is made to
agree with the server's to the second. An exception costs its poll and no more.
"""

import json
import sys
import time

import cocorum


def clock_stands_at(second):
    time.time = lambda: second


def entry(kind, data, stamp):
    username, text, cents = data["username"], data.get("text", ""), data.get("amount_cents", 0)
    return {"kind": kind, "stamp": data[stamp], "username": username, "text": text, "cents": cents}


def news(api):
    """Everything that is new since the last call."""
    for follower in api.new_followers:
        yield entry("follower", follower._jsondata, "followed_on")
    for subscriber in api.new_subscribers:
        yield entry("subscriber", subscriber._jsondata, "subscribed_on")
    for stream in list(api.livestreams.values()):
        for message in stream.chat.new_messages:
            yield entry("message", message._jsondata, "created_on")
        for rant in stream.chat.new_rants:
            yield entry("rant", rant._jsondata, "created_on")


def main():
    recording = json.load(sys.stdin)
    first, *rest = recording["clock"]
    clock_stands_at(first)
    # The first answer is fetched here; what it shows is no news.
    api = cocorum.RumbleAPI(recording["url"], refresh_rate=10**9)
    list(news(api))
    heard, failures = [], 0
    start = time.process_time()
    for second in rest:
        clock_stands_at(second)
        try:
            api.refresh()
            heard.extend(news(api))
        except Exception as error:
            failures += 1
            print(f"poll at {second}: {type(error).__name__}", file=sys.stderr)
    cpu = time.process_time() - start
    print(json.dumps({"polls": len(rest), "cpu_seconds": cpu, "failures": failures, "heard": heard}))


main()
