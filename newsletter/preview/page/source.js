// Where the page's facts come from: the running preview, or the data of an exported file. Both answer alike.

const exported = $("data") ? JSON.parse($("data").textContent) : null;

const query = (asked) => new URLSearchParams(Object.entries(asked).filter(([, value]) => value)).toString();

async function get(path, asked = {}) {
  const answer = await fetch(`${path}?${query(asked)}`);
  const told = await answer.json();
  if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
  return told;
}

async function post(path, said) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
  return told.done;
}

const liveSource = {
  state: () => get("state"),
  copy: (asked) => get("copy", asked),
  source: async (asked) => (await get("source", asked)).source,
  people: (asked) => get("people", asked),
  step: async (asked) => (await get("step", asked)).person,
  file: async (name) => (await get("file", { name })).lines,
  /** Point a frame at the mail. `number` only makes the address a new one after a change. */
  show(frame, asked, number) { frame.src = `mail?${query({ ...asked, number })}`; },
};

const exportedSource = {
  state: async () => exported.state,
  copy: async ({ segment }) => exported.copies[segment || ""],
  source: async ({ segment }) => exported.copies[segment || ""].source,
  people: async () => exported.people,
  step: async () => null,
  file: async (name) => exported.files[name] || [],
  show(frame, { segment, client, look }) {
    const mails = exported.mails[segment || ""];
    frame.srcdoc = mails[`${client} ${look}`] || mails[`${client} light`];
  },
};

const source = exported ? exportedSource : liveSource;
