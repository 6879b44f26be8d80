#!/usr/bin/env python3
"""Receives webhooks from the relay and takes only those with a good signature.

WEBHOOK_SECRET holds the secret. The argument is the port of 127.0.0.1; 0 takes any free one.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How far a request's timestamp may be from this machine's clock. An older request may be a copy that somebody sends again.
TOLERANCE = 5 * 60
# How many ids are remembered. Older ones are forgotten.
REMEMBERED = 100_000


def read_key():
    """The key that WEBHOOK_SECRET holds."""
    secret = os.environ.get("WEBHOOK_SECRET", "").strip()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or not key:
        sys.exit("WEBHOOK_SECRET must hold the secret that the relay signs with: whsec_ and a key in Base64")
    return key


def verify(key, headers, body, now):
    """Whether somebody who knows the key has signed these bytes just now."""
    event, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE:
        return False
    digest = hmac.new(key, f"{event}.{stamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    # While a secret is being changed, there may be several signatures, separated by spaces.
    return any(hmac.compare_digest(expected.encode(), given.encode()) for given in headers.get("webhook-signature", "").split())


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = b""
    seen = OrderedDict()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not verify(self.key, self.headers, body, time.time()):
            return self.answer(401)
        event = self.headers["webhook-id"]
        # If an answer was lost, the same event comes again under the same id.
        if event not in self.seen:
            print(json.loads(body)["message"], flush=True)
            # Only now: an event that fails above must be handled when it comes again.
            self.seen[event] = True
            if len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Receiver.key = read_key()
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
