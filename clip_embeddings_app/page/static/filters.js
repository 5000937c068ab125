// What the collection can be filtered by, as controls; what they say, as conditions in words ("year >= 2020").

import { ask, make } from "./api.js";
import { number, say } from "./words.js";

const QUOTE = /'/g;

/** A value as a condition has it: a number as it was typed, as some are larger than this language's. */
function literal(value) {
  if (typeof value === "boolean") return String(value);
  return typeof value === "object" ? value.number : `'${value.replace(QUOTE, "''")}'`;
}

function dayOf(value) {
  const digits = String(value);
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`;
}

export class Filters {
  /** @param place the element of the controls; @param changed is called when one was changed. */
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    this.collection = null;
    this.fields = null;
    this.chosen = {}; // "name|=", "name|>=", "name|<=" -> a text, true, false, or {number: as it was typed}
  }

  /** Forget what was chosen; the next `show` asks anew. */
  reset(collection) {
    if (collection === this.collection) return;
    Object.assign(this, { collection, fields: null, chosen: {} });
    this.place.replaceChildren();
  }

  /** What was chosen, for an address. */
  get kept() {
    return this.count ? JSON.stringify(this.chosen) : "";
  }

  set kept(text) {
    this.chosen = {};
    try {
      for (const [key, value] of Object.entries(JSON.parse(text || "{}"))) {
        if (!/.\|(=|>=|<=)$/.test(key)) continue;
        const number = typeof value?.number === "string";
        if (number || typeof value === "string" || typeof value === "boolean") this.chosen[key] = number ? { number: value.number } : value;
      }
    } catch { /* an address that somebody wrote */ }
    this.draw();
  }

  get count() {
    return Object.keys(this.chosen).length;
  }

  /** All conditions, or "". */
  get where() {
    const conditions = Object.entries(this.chosen).map(([key, value]) => {
      const place = key.lastIndexOf("|");
      return `\`${key.slice(0, place)}\` ${key.slice(place + 1)} ${literal(value)}`;
    });
    return conditions.join(" and ");
  }

  async show() {
    const collection = this.collection;
    if (this.fields === null) {
      this.place.replaceChildren(make("p", { class: "quiet" }, say("measuring")));
      const fields = await ask("fields", { collection });
      if (collection !== this.collection) return;
      this.fields = fields;
    }
    this.draw();
  }

  draw() {
    if (this.fields === null) return;
    const { fields, rows } = this.fields;
    const controls = fields.map((field) => (field.kind === "choice" ? this.choice(field) : this.range(field)));
    if (!controls.length) controls.push(make("p", { class: "quiet" }, say("no filters")));
    else controls.push(make("button", { type: "button", class: "link", onclick: () => this.clear() }, say("clear")));
    if (rows === 20000) controls.push(make("p", { class: "quiet" }, say("of first", { count: number(rows) })));
    this.place.replaceChildren(...controls);
  }

  clear() {
    this.chosen = {};
    this.draw();
    this.changed();
    this.place.querySelector("select, input")?.focus(); // where the keyboard was is drawn anew
  }

  set(key, value) {
    if (value === null) delete this.chosen[key];
    else this.chosen[key] = value;
    this.changed();
  }

  choice(field) {
    const key = `${field.name}|=`;
    const now = this.chosen[key];
    const options = field.values.map(([value, count], place) =>
      make("option", { value: place, selected: value === now }, `${value} (${number(count)})`));
    const pick = (event) => {
      const place = event.target.value;
      this.set(key, place === "" ? null : field.values[Number(place)][0]);
    };
    return make("label", { class: "field" }, make("span", {}, field.name),
      make("select", { onchange: pick }, make("option", { value: "" }, say("every")), ...options));
  }

  range(field) {
    const day = field.kind === "day";
    const end = (operator, limit, name) => {
      const key = `${field.name}|${operator}`;
      const read = (event) => {
        const given = event.target.value;
        this.set(key, given === "" ? null : { number: day ? given.replaceAll("-", "") : given });
      };
      const now = this.chosen[key]?.number;
      const shown = day && now !== undefined ? dayOf(now) : now;
      return make("input", {
        type: day ? "date" : "number", step: day ? null : "any", value: shown, onchange: read,
        placeholder: day ? null : limit, "aria-label": `${field.name} ${name}`,
        min: day ? dayOf(field.low) : null, max: day ? dayOf(field.high) : null,
      });
    };
    return make("fieldset", { class: "field" }, make("legend", {}, field.name),
      end(">=", field.low, say("from")), " – ", end("<=", field.high, say("to")));
  }
}
