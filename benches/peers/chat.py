"""Hears a live chat with cocorum and prints each message at once, as a line of JSON, and each end of the reader.

Prints "ready" and then reads {"url": ..., "stream": ..., "mode": ...} from standard input. The modes:
once: the loop of cocorum's own README, which clears away what was said before; when the reader ends, so does this.
anew: the same loop again after each end.
kept: again too, but what was said before is cleared away only the first time. After that, it is told unless it was known.
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


def read(stream, known):
    with chatapi.ChatAPI(stream_id=stream) as chat:
        if not known:
            if known is not None:
                known.update(chat._seen_message_ids)
            chat.clear_mailbox()
        while message := chat.get_message():
            if known is not None:
                if message.message_id in known:
                    continue
                known.add(message.message_id)
            told(message)


def main():
    print("ready", file=tell, flush=True)
    task = json.loads(sys.stdin.readline())
    chatapi.static.URI.ChatAPI.sse_stream = task["url"] + "/chat/api/chat/{stream_id_b10}/stream"
    known = set() if task["mode"] == "kept" else None
    while True:
        try:
            read(task["stream"], known)
            line(ended="it says that the chat is over")
        except Exception as error:
            line(ended=f"{type(error).__name__}: {error}")
        if task["mode"] == "once":
            break
        # As long as cocorum itself waits.
        time.sleep(chatapi.static.Delays.sse_reconnect_delay)


main()
