// The page, put together: collections, tabs, language, and pictures that are dropped or pasted anywhere.

import { ask, problem } from "./api.js";
import { Classify } from "./classify.js";
import { Gap } from "./gap.js";
import { Search } from "./search.js";
import { language, number, say, setLanguage, translate } from "./words.js";

const TABS = ["search", "classify", "gap"];
const byId = (id) => document.getElementById(id);

const classify = new Classify();
const gap = new Gap();
const search = new Search((hit) => { show("classify"); classify.take({ hit }); });
let collections = [];
let tab = "search";

function show(name) {
  tab = name;
  for (const each of TABS) {
    byId(each).hidden = each !== name;
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  if (name === "gap") gap.open();
}

function choose(name, options) {
  byId("collection").value = name;
  const chosen = collections.find((each) => each.name === name);
  byId("about").hidden = chosen?.model !== "tiny";
  byId("about").textContent = say("tiny");
  classify.choose(name);
  gap.choose(name);
  if (tab === "gap") gap.open();
  return search.choose(name, options);
}

function listCollections() {
  byId("collection").replaceChildren(...collections.map(({ name, rows, problem: why }) => {
    const option = document.createElement("option");
    option.value = name;
    option.textContent = why ? name : `${name} (${number(rows)})`;
    return option;
  }));
}

/** What the address asks. */
function go(query, options) {
  const named = collections.find((each) => each.name === query.get("collection"));
  search.recall(query);
  return choose((named ?? first()).name, options);
}

let wanted = null; // the collection that the command named
const first = () => collections.find((each) => each.name === wanted) ?? collections[0];

function taken(files) {
  const file = [...files].find((each) => each.type.startsWith("image/") || /\.hei[cf]$/i.test(each.name));
  const panel = tab === "classify" ? classify : search;
  if (file) {
    if (tab === "gap") show("search");
    panel.attach(file);
  } else if (files.length) {
    problem(panel.panel, new Error(say("no image", { name: files[0].name })));
  }
}

function listen() {
  for (const each of TABS) byId(`tab-${each}`).addEventListener("click", () => show(each));
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
    show(next);
    byId(`tab-${next}`).focus();
  });
  byId("collection").addEventListener("change", (event) => {
    search.asked.like = null; // a row of another collection; words and a picture that was given stay
    choose(event.target.value);
  });
  byId("language").addEventListener("click", () => { setLanguage(language === "ko" ? "en" : "ko"); redraw(); });
  window.addEventListener("popstate", () => go(new URLSearchParams(location.search), { remember: false }));
  window.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) { event.preventDefault(); taken(event.clipboardData.files); }
  });
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    byId("dropping").hidden = false;
  });
  window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) byId("dropping").hidden = true; });
  window.addEventListener("drop", (event) => {
    byId("dropping").hidden = true;
    if (carries(event)) { event.preventDefault(); taken(event.dataTransfer.files); }
  });
}

function redraw() {
  byId("language").textContent = say("other language");
  byId("language").lang = language === "ko" ? "en" : "ko";
  byId("about").textContent = say("tiny");
  listCollections();
  if (search.collection) {
    byId("collection").value = search.collection;
    classify.draw();
    gap.draw();
    search.filters.draw();
    search.run({ remember: false });
  }
}

async function start() {
  translate();
  redraw();
  listen();
  show("search");
  try {
    const found = await ask("collections");
    collections = found.collections;
    wanted = found.default;
  } catch (error) {
    problem(search.panel, error);
    return;
  }
  listCollections();
  if (!collections.length) search.status(say("no collections"));
  else await go(new URLSearchParams(location.search), { remember: false });
}

start();
