// Test alerts, the present state, and URLs for OBS.

import { listen } from "./source.js";
import { PARTS } from "./options.js";

const $ = (id) => document.getElementById(id);

// The present state.

let now = null;
let isConnected = false;

function showState() {
  if (!isConnected) {
    $("state").textContent = "The server cannot be reached. Is it running?";
  } else if (now === null || now.account === null) {
    $("state").textContent = "The account was not reached yet.";
  } else {
    const viewers = now.viewers === null ? "off air" : `live, ${now.viewers} watching`;
    $("state").textContent = `${now.account}: ${now.followers ?? "?"} followers, ${viewers}`;
  }
  $("trouble").hidden = !(isConnected && now?.trouble);
  $("trouble").textContent = now?.trouble ?? "";
}

function take(news) {
  now = news;
  showState();
}

listen({ snapshot: (snapshot) => take(snapshot.now), now: take }, (state) => {
  isConnected = state;
  showState();
});

// Test alerts.

for (const button of $("tests").querySelectorAll("button")) {
  button.addEventListener("click", async () => {
    try {
      const answer = await fetch(`test?${new URLSearchParams({ ...button.dataset })}`, { method: "POST" });
      $("tested").textContent = answer.ok ? `${button.textContent}: sent to the pages that are open.` : await answer.text();
    } catch {
      $("tested").textContent = "The server cannot be reached.";
    }
  });
}

// The URL.

const ALL = ["alerts", "chat", "goal", "viewers"];

for (const part of PARTS) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.value = part;
  box.checked = ALL.includes(part);
  label.append(box, ` ${part}`);
  $("parts").append(label);
}

function showUrl() {
  const query = [];
  const chosen = [...$("parts").querySelectorAll("input:checked")].map((box) => box.value);
  $("nothing").hidden = chosen.length > 0;
  if (chosen.length > 0 && String(chosen) !== String(ALL)) query.push(`only=${chosen.join(",")}`);
  for (const field of $("looks").querySelectorAll("input")) {
    if (field.value !== field.defaultValue) query.push(`${field.name}=${field.value.replace("#", "")}`);
  }
  const url = new URL(query.length > 0 ? `./?${query.join("&")}` : "./", location.href).href;
  $("url").value = url;
  $("open").href = url;
}

for (const id of ["parts", "looks"]) $(id).addEventListener("input", showUrl);
$("copy").addEventListener("click", () => navigator.clipboard.writeText($("url").value));
showUrl();
