"""Hears a live chat with cocorum and prints each message at once, as a line of JSON, and each end of the reader.

Prints "ready" and then reads {"url": ..., "stream": ..., "mode": ...} from standard input. The modes:
once: as cocorum's own example has it; what was said before is cleared away, and the end of the reader is the end.
anew: the same reader is made anew after each end.
kept: made anew too, but what it shows then is told unless it was told before.
"""

import json
import os
import sys
import time

from cocorum import chatapi

tell = sys.stdout
# cocorum prints what it thinks of the connection.
sys.stdout = open(os.devnull, "w")


def line(**content):
    print(json.dumps(content), file=tell, flush=True)


def told(message):
    name = message.user.username if message.user else ""
    cents = message.rant_price_cents if message.is_rant else None
    line(stamp=message["time"], username=name, text=message.text, cents=cents)


def read(stream, known, clear):
    with chatapi.ChatAPI(stream_id=stream) as chat:
        if clear:
            known.update(chat._seen_message_ids)
            chat.clear_mailbox()
        while message := chat.get_message():
            if message.message_id not in known:
                known.add(message.message_id)
                told(message)


def main():
    print("ready", file=tell, flush=True)
    task = json.loads(sys.stdin.readline())
    chatapi.static.URI.ChatAPI.sse_stream = task["url"] + "/chat/api/chat/{stream_id_b10}/stream"
    known, first = set(), True
    while True:
        try:
            read(task["stream"], known, clear=first or task["mode"] != "kept")
            line(ended="it says that the chat is over")
        except Exception as error:
            line(ended=f"{type(error).__name__}: {error}")
        first = False
        if task["mode"] == "once":
            break
        # As long as cocorum itself waits.
        time.sleep(chatapi.static.Delays.sse_reconnect_delay)


main()
