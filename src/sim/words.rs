//! The names and words of invented people.

/// Names of invented people.
pub(super) const NAMES: &[&str] = &[
    "AmberKite",
    "BrassTeapot",
    "cedar_and_salt",
    "DriftwoodDan",
    "EchoMarigold",
    "fennel.fox",
    "GraniteGwen",
    "HollowayHal",
    "InkyPuffin",
    "Jørgen_i_nord",
    "KettleDrummer",
    "LanternLou",
    "Mélodie",
    "NimbusNora",
    "orbit_otter",
    "PebblePete",
    "QuillAndCo",
    "RustyCompass",
    "小さな灯台",
    "ThimbleTess",
    "UmberUrsa",
    "VelvetVole",
    "WalnutWren",
    "Żurawina",
];

/// Titles of streams.
pub(super) const TITLES: &[&str] =
    &["Harbour lights, late shift", "Retro night: one life only", "Building a boat, day 12", "Tea & tiny games ☕"];

/// What is said in the chat. Some lines are there twice, because people do
/// repeat each other.
pub(super) const LINES: &[&str] = &[
    "hello from the back row",
    "good evening everyone :r+smiley:",
    "that was close :r+fire:",
    "gg",
    "gg",
    "first time here, what did I miss?",
    "no way :r+fire: :r+fire:",
    "the music is lovely today",
    "can you show the map again?",
    "left, left, LEFT",
    "¡qué bonito!",
    "こんばんは",
    "zażółć gęślą jaźń",
    "I brought tea ☕",
    "lol",
    "who else is cooking while watching? 🍝",
    "one more round please",
    "is it raining there too?",
    "that jump < three attempts & done",
    "\"just five minutes\", they said",
    "🎉🎉🎉",
    "brb, cat on keyboard",
];

/// What is said in rants.
pub(super) const RANTS: &[&str] = &[
    "for the boat fund :r+fire:",
    "buy yourself a good tea",
    "please play the harbour level next!",
    "greetings from Gdańsk 👋",
    "what got you started with all this?",
    "happy birthday!",
    "keep it up, best hour of my day",
];
