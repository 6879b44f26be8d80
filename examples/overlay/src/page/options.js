// The options in the page's URL. If an option makes no sense, the page says so and does not ignore it.

/** The kinds of alerts. */
export const ALERTS = ["followers", "subscribers", "gifts", "rants", "raids"];
export const PARTS = ["alerts", "chat", "goal", "viewers", ...ALERTS];

function parts(text) {
  const named = text.split(",");
  const unknown = named.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw `there is no part “${unknown.join("”, “")}”; there are ${PARTS.join(", ")}`;
  return new Set(named.flatMap((part) => (part === "alerts" ? ALERTS : [part])));
}

function colour(text) {
  if (!/^#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text)) throw "give a colour in hexadecimal digits, such as ff8800";
  return `#${text.replace("#", "")}`;
}

const between = (least, most) => (text) => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) throw `give a number from ${least} to ${most}`;
  return value;
};

const whole = (least, most) => (text) => {
  const value = between(least, most)(text);
  if (!Number.isInteger(value)) throw "give a whole number";
  return value;
};

const READERS = {
  only: parts,
  accent: colour,
  text: colour,
  background: colour,
  size: between(6, 200),
  seconds: between(0.05, 600),
  lines: whole(1, 30),
  goal: whole(1, 1e9),
};

/** The options of a query, and what is wrong with it. */
export function readOptions(query) {
  const read = { only: parts(["alerts", "chat", "goal", "viewers"].join(",")), seconds: 6, lines: 12 };
  const complaints = [];
  for (const [name, text] of new URLSearchParams(query)) {
    if (!Object.hasOwn(READERS, name)) {
      complaints.push(`?${name}: there is no such option; there are ${Object.keys(READERS).join(", ")}`);
      continue;
    }
    try {
      read[name] = READERS[name](text);
    } catch (wrong) {
      complaints.push(`?${name}=${text}: ${wrong}`);
    }
  }
  const { accent, text, background, size, ...options } = read;
  const style = Object.entries({ accent, text, background, size: size && `${size}px` }).filter(([, value]) => value !== undefined);
  return { options: { ...options, style: Object.fromEntries(style) }, complaints };
}
