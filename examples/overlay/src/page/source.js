// The server's messages, over however many connections.

// The server says something every 10 seconds. A connection that is silent for longer than this is dead.
const SILENCE = 30_000;
// How long to wait when the browser does not reconnect by itself, for example after an error status.
const PAUSE = 2_000;

/** Calls `handlers[name]` with the content of each message of that name, and `onState` with whether there is a connection. */
export function listen(handlers, onState = () => {}) {
  let last = null;
  let source;
  let timer;

  const wait = (milliseconds, then) => {
    clearTimeout(timer);
    timer = setTimeout(then, milliseconds);
  };
  const reopen = () => {
    source.close();
    onState(false);
    wait(PAUSE, open);
  };
  const heard = () => wait(SILENCE, reopen);

  function open() {
    // The browser says in a header how far it got, but only if it reconnects by itself.
    source = new EventSource(last === null ? "events" : `events?after=${encodeURIComponent(last)}`);
    source.onopen = () => onState(true);
    source.onerror = () => (source.readyState === EventSource.CLOSED ? reopen() : onState(false));
    source.addEventListener("ping", heard);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (message) => {
        heard();
        if (message.lastEventId) last = message.lastEventId;
        handle(JSON.parse(message.data));
      });
    }
    heard();
  }
  open();
}
