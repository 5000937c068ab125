// Requests to the server of the page, and making elements. Text is put in as text, never as HTML.

import { say } from "./words.js";

export function address(path, given = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") query.append(name, each);
    }
  }
  return `/api/${path}?${query}`;
}

/** The JSON that is answered; an Error with the server's own words otherwise. */
export async function ask(path, given, options = {}) {
  const answer = await reach(address(path, given), options);
  return answer.json();
}

/** The answer itself, for pictures. */
export async function reach(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(say("failed"));
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Error(said.error || `${answer.status} ${answer.statusText}`);
}

/** An element: make("p", {class: "quiet"}, "text", child). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...there(children));
  return element;
}

/** Put children, of which some may be null, in place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...there(children));
}

function there(children) {
  return children.filter((each) => each !== null && each !== undefined && each !== "");
}

/** Say what went wrong in a panel, or take it away. */
export function problem(panel, error) {
  const place = panel.querySelector(".problem");
  place.hidden = !error;
  place.textContent = error ? error.message : "";
}
