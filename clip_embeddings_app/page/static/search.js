// The first tab: what is asked, and the cards of what is found. What is asked is in the address, for going back.

import { ask, fill, make, problem } from "./api.js";
import { card, nameOf } from "./cards.js";
import { openDetail } from "./detail.js";
import { Filters } from "./filters.js";
import { number, say } from "./words.js";

const STEP = 24;
const SHORT_WAIT = 700; // milliseconds, after which it is said that the model is being loaded

const byId = (id) => document.getElementById(id);

export class Search {
  /** @param classify is called with a hit that is to be classified. */
  constructor(classify) {
    this.panel = byId("search");
    this.collection = null;
    this.asked = { text: "", image: null, like: null, modality: "any" };
    this.hits = [];
    this.turn = 0; // of the newest request: what an older one answers is not shown
    this.recalled = null; // filters of an address, for the collection that is chosen next
    this.ready = false; // whether the model has answered once
    this.filters = new Filters(byId("filters"), () => { this.label(); this.take(); this.run(); });
    this.actions = { similar: (hit) => this.like(hit), classify };
    byId("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.asked.like = null;
      this.take();
      this.run();
    });
    byId("words").addEventListener("search", () => { // the cross of the field empties it
      if (!byId("words").value && this.asked.text) byId("ask").requestSubmit();
    });
    byId("modality").addEventListener("change", (event) => {
      this.asked.modality = event.target.value;
      this.take();
      this.run();
    });
    byId("file").addEventListener("change", (event) => {
      if (event.target.files.length) this.attach(event.target.files[0]);
      event.target.value = "";
    });
    byId("open-filters").addEventListener("click", () => this.toggleFilters());
    byId("more").addEventListener("click", () => this.run({ more: true }));
  }

  /** Look for what is like a picture that was given, and like the words if there are any. */
  attach(file) {
    Object.assign(this.asked, { image: file, like: null });
    this.take();
    this.run();
  }

  /** Take the words that were typed, which with a row that others are to be like are none. */
  take() {
    this.asked.text = this.asked.like ? "" : byId("words").value.trim();
  }

  like(hit) {
    Object.assign(this.asked, { like: { id: hit.id, name: nameOf(hit) }, image: null, text: "" });
    byId("words").value = "";
    this.run();
    window.scrollTo({ top: 0 });
    byId("status").focus();
  }

  /** Show a collection. */
  choose(collection, options) {
    this.collection = collection;
    this.filters.reset(collection);
    if (this.recalled !== null) this.filters.kept = this.recalled;
    this.recalled = null;
    if (!byId("filters").hidden) this.filters.show().catch((error) => problem(this.panel, error));
    return this.run(options);
  }

  /** Ask, and show what is found. */
  async run({ more = false, remember = true } = {}) {
    const turn = ++this.turn;
    byId("more").hidden = true; // until it is known what more there is
    this.draw();
    if (remember && !more) this.remember();
    const waiting = setTimeout(() => {
      if (turn === this.turn) this.status(say(this.ready || this.isBrowsing ? "loading" : "preparing"));
    }, this.ready ? 200 : SHORT_WAIT);
    try {
      const found = await this.answer(more).finally(() => clearTimeout(waiting));
      if (turn !== this.turn) return;
      this.ready ||= !this.isBrowsing;
      this.next = found.next;
      problem(this.panel, null);
      this.show(found, more);
    } catch (error) {
      if (turn !== this.turn) return;
      this.status("");
      if (more) byId("more").hidden = false; // to try again
      else this.clear();
      problem(this.panel, error);
    } finally {
      if (turn === this.turn) this.panel.setAttribute("aria-busy", "false");
    }
  }

  get isBrowsing() {
    return !(this.asked.text || this.asked.image || this.asked.like);
  }

  answer(more) {
    const { text, image, like, modality } = this.asked;
    const how = { collection: this.collection, modality, where: this.filters.where };
    this.panel.setAttribute("aria-busy", "true");
    if (this.isBrowsing) return ask("browse", { ...how, k: STEP, start: more ? this.next : 0 });
    const k = more ? Math.min(300, this.next + STEP) : STEP;
    if (like) return ask("similar", { ...how, k, id: like.id });
    return ask("search", { ...how, k, text }, { method: "POST", body: image });
  }

  show(found, more) {
    const before = more ? this.hits : [];
    const there = new Set(before.map((hit) => hit.id)); // rows may have come or gone in between
    const hits = [...before, ...found.hits.filter((hit) => !there.has(hit.id))];
    this.hits = hits;
    const list = byId("results");
    const old = before.length;
    const made = hits.slice(old).map((hit, place) => card(this.collection, hit, {
      rank: old + place + 1,
      open: () => openDetail(this.collection, this.hits, old + place, this.actions),
      similar: () => this.actions.similar(hit),
    }));
    if (more) list.append(...made);
    else list.replaceChildren(...made);
    if (more) made[0]?.querySelector("button").focus();
    byId("more").hidden = found.next === null || (more && !made.length);
    const kinds = new Set(hits.map((hit) => hit.picture));
    byId("apart").hidden = found.ranked || kinds.size < 2;
    this.status(this.counted(found));
  }

  counted({ rows, next }) {
    if (rows === 0) return say("empty");
    if (!this.hits.length) return say("nothing");
    if (!this.isBrowsing) return say(next === null ? "found" : "found more", { count: number(this.hits.length) });
    const all = this.filters.count === 0 && this.asked.modality === "any";
    return say(all ? "browsing" : next === null ? "found" : "first", { count: number(all ? rows : this.hits.length) });
  }

  status(words) {
    byId("status").textContent = words;
  }

  clear() {
    this.hits = [];
    byId("results").replaceChildren();
    byId("more").hidden = byId("apart").hidden = true;
  }

  /** The controls as what is asked. */
  draw() {
    const { image, like, modality } = this.asked;
    byId("modality").querySelector(`[value=${modality}]`).checked = true;
    const name = image ? image.name || say("picture") : like ? say("like", { name: like.name }) : "";
    const chip = byId("attached");
    chip.hidden = !name;
    const remove = () => { Object.assign(this.asked, { image: null, like: null }); this.take(); this.run(); byId("words").focus(); };
    if (this.preview) URL.revokeObjectURL(this.preview);
    this.preview = image ? URL.createObjectURL(image) : null;
    const seen = image ? make("img", { src: this.preview, alt: "" }) : null;
    seen?.addEventListener("error", () => seen.remove());
    fill(chip, seen, make("span", { class: "name", dir: "auto" }, name),
      make("button", { type: "button", class: "link", "aria-label": say("remove", { name }), onclick: remove }, "✕"));
    this.label();
  }

  label() {
    const { count } = this.filters;
    byId("open-filters").textContent = count ? say("filters on", { count }) : say("filters");
  }

  async toggleFilters() {
    const place = byId("filters");
    place.hidden = !place.hidden;
    byId("open-filters").setAttribute("aria-expanded", String(!place.hidden));
    if (place.hidden) return;
    try {
      await this.filters.show();
      problem(this.panel, null);
    } catch (error) {
      place.replaceChildren();
      place.hidden = true;
      byId("open-filters").setAttribute("aria-expanded", "false");
      problem(this.panel, error);
    }
  }

  /** What is asked as the address has it: all but a picture. */
  remember() {
    const { text, like, modality } = this.asked;
    const query = new URLSearchParams();
    const given = { collection: this.collection, q: text, like: like?.id, name: like?.name, modality: modality === "any" ? "" : modality, filters: this.filters.kept };
    for (const [key, value] of Object.entries(given)) if (value) query.set(key, value);
    const next = `/?${query}`;
    if (next !== location.pathname + location.search) history.pushState(null, "", next);
  }

  /** What an address asks. */
  recall(query) {
    const like = query.get("like");
    const modality = query.get("modality");
    byId("words").value = query.get("q") ?? "";
    this.recalled = query.get("filters") ?? "";
    this.asked = {
      text: query.get("q") ?? "", image: null,
      like: like ? { id: like, name: query.get("name") ?? like } : null,
      modality: modality === "image" || modality === "text" ? modality : "any",
    };
  }
}
