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

function fill(id, ...children) {
  $(id).replaceChildren(...children.filter((child) => child !== null && child !== undefined));
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
