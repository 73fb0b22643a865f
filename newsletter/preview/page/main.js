// The page as a whole: tabs, what is wrong with the draft, and every change as it comes.

let state = { number: 0, plan: null };

const TABS = ["mail", "inbox", "text", "people", "checks", "inside", "send"];
const WITH_A_READER = ["mail", "inbox", "text", "inside"];

function showTab(name, focus = false) {
  for (const each of TABS) {
    const chosen = each === name;
    $(`tab-${each}`).setAttribute("aria-selected", String(chosen));
    $(`tab-${each}`).tabIndex = chosen ? 0 : -1;
    $(`panel-${each}`).hidden = !chosen;
  }
  $("reader").hidden = !WITH_A_READER.includes(name);
  memory.set("tab", name);
  if (focus) $(`tab-${name}`).focus();
  // On a phone the tabs are a row that is wider than the screen.
  const tabs = $("tabs"), tab = $(`tab-${name}`);
  tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  if (name === "mail" && copy) layOut(choices.width);
}

function listenToTabs() {
  for (const name of TABS) $(`tab-${name}`).addEventListener("click", () => showTab(name));
  $("tabs").addEventListener("keydown", (event) => {
    const at = TABS.findIndex((name) => $(`tab-${name}`).getAttribute("aria-selected") === "true");
    const to = {
      ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    showTab(TABS[(to + TABS.length) % TABS.length], true);
  });
}

/** What is wrong with the files as they stand, over the last good view. */
function showTrouble() {
  const wrong = state.trouble || state.uncounted;
  $("trouble").hidden = !wrong;
  if (!wrong) { $("trouble").replaceChildren(); return; }
  const words = state.number
    ? "Below is the last version that could be read. Save again when it is mended."
    : "Save again when it is mended.";
  fill("trouble",
    make("h2", {}, wrong.message || `There ${wrong.mistakes.length === 1 ? "is a mistake" : `are ${wrong.mistakes.length} mistakes`} to mend first`),
    make("p", {}, [wrong.hint, words].filter(Boolean).join(" ")),
    wrong.mistakes.length
      ? make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "What is to be mended" }, ...wrong.mistakes.map(mistake))
      : null);
}

function mistake(each) {
  const where = each.line ? `${each.file}, line ${each.line}` : each.file;
  return make("div", {},
    make("h3", {}, `${where}: ${each.what}`),
    each.hint ? make("p", {}, each.hint) : null,
    each.around.length
      ? make("ol", { className: "around" }, ...each.around.map((line) => make(
        "li", { data: { line: String(line.line) }, className: line.line === each.line ? "here" : "" }, line.text || " ")))
      : null);
}

function showDrafts() {
  $("title").textContent = state.title;
  document.title = `${state.title} – preview`;
  $("draft-field").hidden = !state.drafts.length;
  fill("draft", ...state.drafts.map((name) => make("option", { value: name, selected: name === state.name }, name)));
}

let refreshing = Promise.resolve();

/** Fetch the state and draw what has changed; one refresh after another. */
function refresh() {
  refreshing = refreshing.then(async () => {
    const before = state;
    state = await source.state();
    showTrouble();
    if (!state.number) { $("title").textContent = "This draft cannot be shown yet"; return; }
    if (before.number && state.file !== before.file) { reader.person = null; reader.segment = null; }
    showDrafts();
    showEditions(state.editions);
    // Before what takes a moment: what may not go any more cannot be approved.
    showSending();
    showChecks();
    const counted = state.plan && before.plan?.receipt !== state.plan.receipt && state.fresh;
    const looking = Boolean(reader.person);
    if (counted) await sameReader();
    if (state.number !== before.number || (counted && looking)) await showCopy();
    showPeople();
  }).catch((error) => notice(error.message));
  return refreshing;
}

function listenToChanges() {
  const events = new EventSource("events");
  const say = (kind, ...words) => {
    if ($("live").dataset.state === kind) return;
    $("live").dataset.state = kind;
    fill("live", ...words);
  };
  events.addEventListener("message", () => {
    say("live", "live", make("span", { className: "wide" }, ": what you save appears by itself"));
    refresh();
  });
  events.addEventListener("error", () => say("lost", "the preview was closed; start it again to go on"));
}

function begin() {
  makeDevices();
  if (window.innerWidth <= 960) for (const fold of document.querySelectorAll(".fold")) fold.open = false;
  listenToTabs();
  listenToReader();
  listenToMail();
  listenToPeople();
  showTab(memory.get("tab", "mail"));
  if (exported) {
    document.body.classList.add("exported");
    $("live").textContent = "as a file: nothing in it is live";
    refresh();
    return;
  }
  listenToSending();
  $("draft").addEventListener("change", () => post("choose", { draft: $("draft").value }).catch((error) => notice(error.message)));
  listenToChanges();
}

begin();
