// The second tab: labels that are typed in, and how well each fits a picture.

import { ask, make, problem } from "./api.js";
import { bar, thumbnail } from "./cards.js";
import { say } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Classify {
  constructor() {
    this.panel = byId("classify");
    this.collection = null;
    this.subject = null; // {file} or {hit}
    this.turn = 0; // of the newest request
    byId("labels-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    byId("subject-file").addEventListener("change", (event) => {
      if (event.target.files.length) this.attach(event.target.files[0]);
      event.target.value = "";
    });
  }

  choose(collection) {
    if (collection !== this.collection && this.subject?.hit) this.subject = null;
    this.collection = collection;
    this.draw();
  }

  attach(file) {
    this.take({ file });
  }

  /** Classify a row that was found. */
  take(subject) {
    this.subject = subject;
    this.draw();
    byId("answer").replaceChildren();
    byId("answer-note").textContent = "";
    if (this.labels.length > 1) this.run();
    else byId("labels").focus();
  }

  get labels() {
    const lines = byId("labels").value.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);
    return [...new Set(lines)];
  }

  draw() {
    const place = byId("subject");
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    if (!this.subject) {
      place.replaceChildren(make("p", { class: "quiet" }, say("drop subject")));
    } else if (this.subject.hit) {
      place.replaceChildren(thumbnail(this.collection, this.subject.hit));
    } else {
      this.url = URL.createObjectURL(this.subject.file);
      const image = make("img", { src: this.url, alt: this.subject.file.name });
      image.addEventListener("error", () => image.replaceWith(make("p", {}, this.subject.file.name)), { once: true });
      place.replaceChildren(image);
    }
  }

  async run() {
    const { labels, subject } = this;
    if (!subject) return problem(this.panel, new Error(say("no subject")));
    if (labels.length < 2) return problem(this.panel, new Error(say("no labels")));
    const given = { collection: this.collection, label: labels, id: subject.hit?.id };
    const turn = ++this.turn;
    this.panel.setAttribute("aria-busy", "true");
    try {
      const found = await ask("classify", given, { method: "POST", body: subject.file });
      if (turn !== this.turn) return undefined;
      problem(this.panel, null);
      byId("answer").replaceChildren(...found.labels.map(line));
      byId("answer-note").textContent = say(found.shared ? "shared" : "each");
    } catch (error) {
      if (turn !== this.turn) return undefined;
      byId("answer").replaceChildren();
      byId("answer-note").textContent = "";
      problem(this.panel, error);
    } finally {
      if (turn === this.turn) this.panel.setAttribute("aria-busy", "false");
    }
    return undefined;
  }
}

function line({ label, probability }) {
  const shown = `${(100 * probability).toFixed(1)} %`;
  return make("li", {}, make("span", { class: "label", dir: "auto" }, label), bar(shown, probability, ""));
}
