// One row, large: its picture or whole text, its facts, and what can be done with it.

import { address, ask, fill, make, problem, reach } from "./api.js";
import { nameOf, nearness, thumbnail } from "./cards.js";
import { say } from "./words.js";

const dialog = document.getElementById("detail");
let shown = null; // {collection, hits, place, actions}
let large = null; // what is shown large: {hit, url, changed}

/** Show a hit of a list; arrow keys go through it. */
export async function openDetail(collection, hits, place, actions) {
  shown = { collection, hits, place, actions };
  const hit = hits[place];
  draw(hit, null);
  if (!dialog.open) dialog.showModal();
  try {
    const row = await ask("row", { collection, id: hit.id });
    if (shown && shown.hits[shown.place] === hit) draw(hit, row);
  } catch (error) {
    if (shown && shown.hits[shown.place] === hit) problem(dialog, error);
  }
}

function draw(hit, row) {
  const { collection, hits, place, actions } = shown;
  const near = nearness(hit);
  const button = (key, onclick, more = {}) => make("button", { type: "button", class: "button", "data-key": key, onclick, ...more }, say(key));
  const focused = document.activeElement?.dataset.key; // of what is made anew, so that keys go on working
  const act = (what) => () => { dialog.close(); what(hit); };
  fill(
    dialog,
    make("div", { class: "detail-head" },
      make("h2", { id: "detail-name", dir: "auto" }, nameOf(hit)),
      make("button", { type: "button", class: "button close", "data-key": "close", onclick: () => dialog.close(), "aria-label": say("close") }, "✕")),
    make("p", { class: "problem", role: "alert", hidden: true }),
    hit.picture ? figure(collection, hit) : null,
    (row ?? hit).text ? make("p", { class: hit.picture ? "caption" : "whole", dir: "auto" }, (row ?? hit).text) : null,
    near ? make("p", { class: "quiet" }, near[2] || near[0]) : null,
    make("div", { class: "buttons" },
      button("similar", act(actions.similar)),
      hit.picture ? button("tell this", act(actions.classify)) : null,
      row?.original ? make("a", { class: "button", target: "_blank", rel: "noopener", href: address("original", { collection, id: hit.id }) }, say("original")) : null,
      row?.places.length ? button("copy", copy) : null,
      place > 0 ? button("previous", () => step(-1), { class: "button side" }) : null,
      place < hits.length - 1 ? button("next", () => step(1), { class: "button side" }) : null),
    row ? facts(row) : null,
    row?.brought.length ? beside(collection, row) : null,
  );
  const again = focused && dialog.querySelector(`[data-key="${focused}"]`);
  (again || dialog.querySelector(".close")).focus();
}

/** The small picture at once, the large one when it is here. */
function figure(collection, hit) {
  const image = thumbnail(collection, hit);
  const drawn = make("figure", {}, image);
  if (large?.hit !== hit) enlarge(collection, hit);
  else if (large.url) show(drawn);
  return drawn;
}

function show(drawn) {
  const image = drawn?.querySelector("img");
  if (image) image.src = large.url;
  if (large.changed) drawn?.append(make("figcaption", { class: "quiet" }, say("changed")));
}

async function enlarge(collection, hit) {
  forget();
  const mine = (large = { hit, url: null, changed: false });
  try {
    const answer = await reach(address("picture", { collection, id: hit.id }));
    mine.changed = Boolean(answer.headers.get("x-note"));
    const content = await answer.blob();
    if (large !== mine) return;
    mine.url = URL.createObjectURL(content);
    show(dialog.querySelector("figure"));
  } catch { /* the small one, or what keeps it from being shown, stays */ }
}

function forget() {
  if (large?.url) URL.revokeObjectURL(large.url);
  large = null;
}

function facts(row) {
  const list = make("dl");
  for (const place of row.places) list.append(make("dt", {}, "uri"), make("dd", { dir: "auto" }, place));
  for (const [name, value] of Object.entries(row.facts)) {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    list.append(make("dt", {}, name), make("dd", { dir: "auto" }, text));
  }
  list.append(make("dt", {}, "id"), make("dd", {}, row.id));
  return make("details", { open: true }, make("summary", {}, say("facts")), list);
}

function beside(collection, row) {
  const cards = row.brought.map((each, place) =>
    make("button", { type: "button", class: "open", "aria-label": nameOf(each),
      onclick: () => openDetail(collection, row.brought.map((one) => ({ ...one, score: null, percentile: null })), place, shown.actions) },
    thumbnail(collection, each)));
  return make("section", {}, make("h3", {}, say("beside")), make("div", { class: "beside" }, ...cards));
}

async function copy(event) {
  const place = dialog.querySelector("dd")?.textContent ?? "";
  await navigator.clipboard.writeText(place);
  event.target.textContent = say("copied");
}

function step(by) {
  const next = shown.place + by;
  if (next >= 0 && next < shown.hits.length) openDetail(shown.collection, shown.hits, next, shown.actions);
}

dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside it
});
dialog.addEventListener("close", () => {
  shown = null;
  forget();
  dialog.replaceChildren();
});
