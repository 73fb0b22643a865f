// Small things: find and make elements, and say something.

const $ = (id) => document.getElementById(id);

/** An element with properties (`data` for data attributes) and children; text is only ever text. */
function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  const { data = {}, ...others } = properties;
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(others)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Put these in the place of what stands there. What has a `data-key` stays open, and keeps the focus, if it had it. */
function fill(id, ...children) {
  const place = $(id);
  const open = new Set([...place.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key));
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  for (const each of place.querySelectorAll("[data-key]")) {
    if (each.localName === "details") each.open = open.has(each.dataset.key);
    else if (each.dataset.key === focused) each.focus({ preventScroll: true });
  }
}

/** Words with what stands between backticks as code. */
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

const count = (number) => number.toLocaleString("en-GB");
const many = (number, one, more) => `${count(number)} ${number === 1 ? one : more}`;
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;

let noticeEnds = 0;

/** A word at the foot of the page that goes away by itself. */
function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(noticeEnds);
  noticeEnds = setTimeout(() => { $("notice").hidden = true; }, 6000);
}

/** What came of an act, beside its button. */
function done(id, text, kind = "good") {
  $(id).textContent = text;
  $(id).dataset.kind = kind;
}

/** Run `act` once typing or dragging has paused. */
function paused(act, after = 120) {
  let waiting = 0;
  return () => { clearTimeout(waiting); waiting = setTimeout(act, after); };
}

/** What this tab remembers over a reload; a browser that forbids it forgets. */
const memory = {
  get(name, otherwise) {
    try { return JSON.parse(sessionStorage.getItem(name)) ?? otherwise; } catch { return otherwise; }
  },
  set(name, value) {
    try { sessionStorage.setItem(name, JSON.stringify(value)); } catch { /* nothing is lost but comfort */ }
  },
};
