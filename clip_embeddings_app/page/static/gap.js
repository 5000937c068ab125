// The third tab: how far apart the pictures and texts of the collection lie, in words, a picture and numbers.

import { ask, make, problem } from "./api.js";
import { verdict } from "./verdict.js";
import { number, say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 460, HEIGHT = 320, EDGE = 12;
const byId = (id) => document.getElementById(id);

export class Gap {
  constructor() {
    this.panel = byId("gap");
    this.collection = null;
    this.shown = null;
  }

  choose(collection) {
    if (collection === this.collection) return;
    Object.assign(this, { collection, shown: null });
    byId("report").replaceChildren();
  }

  /** Measure, if that was not done for this collection. */
  async open() {
    const { collection } = this;
    if (this.shown) return this.draw();
    byId("report").replaceChildren(make("p", { class: "quiet" }, say("measuring")));
    problem(this.panel, null);
    try {
      const report = await ask("gap", { collection });
      if (collection !== this.collection) return undefined;
      this.shown = report;
      this.draw();
    } catch (error) {
      if (collection !== this.collection) return undefined;
      byId("report").replaceChildren();
      problem(this.panel, error);
    }
    return undefined;
  }

  draw() {
    if (!this.shown) return;
    const report = this.shown;
    const views = ["before", "after"].filter((name) => report[name]);
    const planes = views.map((name) => plane(report[name].plane, say(name)));
    byId("report").replaceChildren(
      make("p", { class: "verdict" }, verdict(report)),
      make("div", { class: "planes" }, ...planes),
      table(report, views));
  }
}

/** The rows as dots, seen from where texts and pictures differ most. */
function plane(points, name) {
  const all = [...points.image, ...points.text];
  const spans = [0, 1].map((axis) => {
    const values = all.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  // One scale for both directions, so that distances are as they are.
  const scale = Math.min(...[WIDTH, HEIGHT].map((size, axis) => (size - 2 * EDGE) / (spans[axis][1] - spans[axis][0] || 1)));
  const at = (point, axis, size) => size / 2 + (point[axis] - (spans[axis][0] + spans[axis][1]) / 2) * scale;
  const drawn = document.createElementNS(SVG, "svg");
  const about = say("plane", { images: number(points.image.length), texts: number(points.text.length) });
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name}. ${about}` })) drawn.setAttribute(key, value);
  for (const kind of ["image", "text"]) {
    for (const point of points[kind]) {
      const dot = document.createElementNS(SVG, "circle");
      const facts = { cx: at(point, 0, WIDTH).toFixed(1), cy: at(point, 1, HEIGHT).toFixed(1), r: 2.6, class: kind };
      for (const [key, value] of Object.entries(facts)) dot.setAttribute(key, value);
      drawn.append(dot);
    }
  }
  return make("figure", {}, make("h2", {}, name), drawn, make("figcaption", { class: "quiet" },
    make("span", { class: "dot image" }), ` ${say("pictures")} `, make("span", { class: "dot text" }), ` ${say("texts")}`));
}

function table(report, views) {
  const value = (read) => views.map((name) => make("td", {}, read(report[name]).toFixed(2)));
  const row = (label, read) => make("tr", {}, make("th", { scope: "row" }, label), ...value(read));
  const medians = Object.keys(report.before.scores).map((pair) => {
    const [query, document] = pair.split(" ").map((kind) => say(kind));
    return row(say("median", { query, document }), (view) => view.scores[pair].median);
  });
  const heads = views.map((name) => make("th", { scope: "col" }, say(name)));
  return make("table", {},
    make("thead", {}, make("tr", {}, make("td"), ...heads)),
    make("tbody", {},
      row(say("dist"), (view) => view.gap),
      row(say("exposure text"), (view) => view.exposure.text),
      row(say("exposure image"), (view) => view.exposure.image),
      ...medians));
}
