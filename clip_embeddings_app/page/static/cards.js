// A row as a card: its picture or its words, its name, and how near it is.

import { address, make, reach } from "./api.js";
import { say, number } from "./words.js";

const MEASURED = 2000; // a calibration knows how near the nearest one of so many random pairs is

/** How near, for a person: [words, share of a bar, what it means]. */
export function nearness(hit) {
  if (hit.score === null) return null;
  const score = hit.score.toFixed(3);
  if (hit.percentile === null) return [say("cosine", { score }), null, ""];
  const percentile = (Math.floor(hit.percentile * 100) / 100).toFixed(2); // nothing is above everything
  const about = say("score about", { percentile, score });
  const count = 100 / (100 - Math.min(hit.percentile, 99.999));
  if (count >= MEASURED) return [say("score all", { count: number(MEASURED) }), 1, about];
  if (count < 2) return [say("score none"), 0.03, about];
  const rounded = count < 10 ? Math.round(count) : Number(count.toPrecision(2));
  return [say("score", { count: number(rounded) }), Math.log(count) / Math.log(MEASURED), about];
}

/** The name of a row's file, with its page. */
export function nameOf({ name, page }) {
  return page === null ? name : `${name}, ${say("page", { page })}`;
}

/** The picture of a row; what keeps it from being shown stands in its place. */
export function thumbnail(collection, hit) {
  const source = address("thumbnail", { collection, id: hit.id });
  const shown = make("img", { src: source, alt: nameOf(hit), loading: "lazy", decoding: "async" });
  shown.addEventListener("error", async () => {
    const reason = await reach(source).then(() => "", (error) => error.message);
    shown.replaceWith(make("span", { class: "none" }, say("no picture", { reason })));
  }, { once: true });
  return shown;
}

export function card(collection, hit, { open, similar, rank }) {
  const near = nearness(hit);
  const words = hit.text ? make("span", { class: hit.picture ? "caption" : "passage", dir: "auto" }, hit.text) : null;
  const name = nameOf(hit);
  const opened = make(
    "button",
    { type: "button", class: "open", "aria-label": `${rank}. ${name}${hit.text ? `: ${hit.text.slice(0, 200)}` : ""}`, onclick: open },
    hit.picture ? thumbnail(collection, hit) : null,
    words,
  );
  const foot = make("div", { class: "foot" },
    make("span", { class: "name", title: name, dir: "auto" }, name),
    make("button", { type: "button", class: "link", onclick: similar, "aria-label": `${say("similar")}: ${name}` }, say("similar")));
  const item = make("li", { class: hit.picture ? "card picture" : "card text" }, opened, foot);
  if (near) item.append(bar(...near));
  return item;
}

/** A bar with its words. */
export function bar(words, share, about) {
  const line = make("div", { class: "near", title: about || null }, make("span", {}, words));
  if (share !== null) {
    const full = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
    full.firstChild.style.width = `${Math.round(100 * share)}%`;
    line.prepend(full);
  }
  return line;
}
