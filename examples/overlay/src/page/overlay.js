// Shows what the server sends. All text of viewers goes through textContent, so it stays text.

import { listen } from "./source.js";
import { readOptions } from "./options.js";

const $ = (id) => document.getElementById(id);

const { options, complaints } = readOptions(location.search);
const shows = (part) => options.only.has(part);

// The part that shows alerts of each kind.
const PARTS = { follower: "followers", subscriber: "subscribers", gift: "gifts", rant: "rants", raid: "raids" };
// Tiers 1, 2 and so on of a rant begin at these amounts, in cents.
const TIERS = [0, 500, 1000, 2000, 5000];
// How many alerts may wait to be shown. The oldest are left out; the server does the same for a page that was away.
const MOST_WAITING = 500;
// How many ids of alerts are kept, to recognise an alert that comes again.
const MOST_SEEN = 2000;
// The least lightness of a chatter's name, from 0 to 1.
const LIGHT = 0.6;
// If more alerts wait than this, each is shown more briefly, but at least for this many milliseconds.
const MOST_AT_EASE = 4;
const BRIEFEST = 300;

function element(kind, className, ...content) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

const money = (cents) => (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
const number = (count) => count.toLocaleString("en-US");

// Alerts: one at a time, in their order.

const seen = new Set();
const waiting = [];
let shown = null;

function headline(alert) {
  switch (alert.kind) {
    case "follower": return "New follower";
    case "subscriber": return alert.cents ? `New subscriber · ${money(alert.cents)}` : "New subscriber";
    case "gift": return alert.count === 1 ? "Gifted a subscription" : `Gifted ${alert.count === null ? "" : number(alert.count)} subscriptions`;
    case "rant": return `Rant · ${money(alert.cents ?? 0)}`;
    case "raid": return "Raid";
    default: return alert.kind;
  }
}

function takeAlert(alert) {
  if (seen.has(alert.id)) return;
  seen.add(alert.id);
  if (seen.size > MOST_SEEN) seen.delete(seen.values().next().value);
  if (!shows(PARTS[alert.kind])) return;
  waiting.push(alert);
  if (waiting.length > MOST_WAITING) console.warn(`alert ${waiting.shift().id} is not shown because too many wait`);
  if (shown === null) showNext();
}

function showNext() {
  const alert = waiting.shift();
  if (alert === undefined) return;
  const card = element("article", "alert card",
    element("h2", "", headline(alert)),
    element("p", "name", alert.name || "Somebody"));
  if (alert.text) card.append(element("p", "text", alert.text));
  card.dataset.id = alert.id;
  card.dataset.kind = alert.kind;
  if (alert.kind === "rant") card.dataset.tier = TIERS.filter((least) => (alert.cents ?? 0) >= least).length;
  $("alerts").append(card);
  const asked = options.seconds * 1000;
  const time = waiting.length <= MOST_AT_EASE ? asked : Math.max((asked * MOST_AT_EASE) / waiting.length, Math.min(asked, BRIEFEST));
  shown = { id: alert.id, card, timer: setTimeout(leave, time) };
  function leave() {
    card.classList.add("leaving");
    shown.timer = setTimeout(endShown, Math.min(300, time / 4));
  }
}

function endShown() {
  clearTimeout(shown.timer);
  shown.card.remove();
  shown = null;
  showNext();
}

// Chat.

/** The colour of a name, light enough to be read on the dark behind it. */
function readable(colour) {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const light = (0.299 * channels[0] + 0.587 * channels[1] + 0.114 * channels[2]) / 255;
  const white = light < LIGHT ? (LIGHT - light) / (1 - light) : 0;
  return `rgb(${channels.map((channel) => Math.round(channel + (255 - channel) * white)).join(" ")})`;
}

function addLine(line, isNew = true) {
  if (!shows("chat") || [...$("chat").children].some((known) => known.dataset.id === line.id)) return;
  const row = element("p", line.cents === null ? "line" : "line paid");
  if (line.cents !== null) row.append(element("span", "paid", money(line.cents)));
  const name = element("b", "", line.name || "Somebody");
  if (line.colour) name.style.setProperty("--name", readable(line.colour));
  row.append(name, element("span", "", line.text));
  row.dataset.id = line.id;
  row.classList.toggle("new", isNew);
  $("chat").append(row);
  while ($("chat").childElementCount > options.lines) $("chat").firstElementChild.remove();
}

function takeOut(ids) {
  const gone = new Set(ids);
  for (const row of [...$("chat").children]) if (gone.has(row.dataset.id)) row.remove();
  for (let i = waiting.length - 1; i >= 0; i -= 1) if (gone.has(waiting[i].id)) waiting.splice(i, 1);
  if (shown !== null && gone.has(shown.id)) endShown();
}

// Goal and viewers.

/** The next of 10, 25, 50, 100, 250 and so on. */
function nextRound(followers) {
  for (let power = 10; ; power *= 10) {
    const round = [1, 2.5, 5].map((step) => step * power).find((goal) => goal > followers);
    if (round !== undefined) return round;
  }
}

function showNow(now) {
  const knows = now.followers !== null;
  $("goal").hidden = !(shows("goal") && knows);
  if (knows) {
    const goal = options.goal ?? now.goal ?? nextRound(now.followers);
    $("followers").textContent = number(now.followers);
    $("target").textContent = number(goal);
    $("bar").style.width = `${Math.min(100, (now.followers / goal) * 100)}%`;
  }
  $("viewers").hidden = !(shows("viewers") && now.viewers !== null);
  if (now.viewers !== null) $("watching").textContent = number(now.viewers);
}

// The options say how it looks.

for (const [name, value] of Object.entries(options.style)) document.documentElement.style.setProperty(`--${name}`, value);
const others = [...options.only].filter((part) => part !== "chat");
document.body.classList.toggle("only-chat", shows("chat") && others.length === 0);
$("complaints").hidden = complaints.length === 0;
$("complaints").append(...complaints.map((complaint) => element("li", "", complaint)));

listen({
  snapshot({ lines, gone, now, missed }) {
    if (missed > 0) console.warn(`${missed} alerts came while this page was away, and are no longer known`);
    takeOut(gone);
    $("chat").replaceChildren();
    for (const line of lines) addLine(line, false);
    showNow(now);
  },
  alert: takeAlert,
  line: (line) => addLine(line),
  gone: takeOut,
  now: showNow,
});
