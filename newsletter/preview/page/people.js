// Who exactly: the numbers by segment, and everybody by name, searchable, with addresses masked until asked for.

let page = 0;

const SHOWN = {
  "": "Everybody in these lists",
  sent: "Those who get it",
  new: "New since the last issue",
  gone: "Gone since the last issue",
  suppressed: "Opted out",
  no_consent: "No record of consent",
  duplicate: "Listed twice",
  other_segment: "Belong to another segment",
  already_sent: "Have had it already",
};

function showPeople() {
  const plan = state.plan;
  if (!plan) {
    $("people-title").textContent = "Counting everybody…";
    $("fact-people").textContent = "counting…";
    return;
  }
  $("people-title").textContent = `${many(plan.total, "person", "people")} would get it`;
  $("fact-people").textContent = many(plan.total, "person", "people");
  const since = state.since;
  $("people-since").textContent = since
    ? `Since the last issue (${since.issue}): ${count(since.new)} new, ${count(since.gone)} gone.`
    : "No earlier issue was sent from here, so there is nothing to compare with.";
  showCounts(plan);
  showLists(plan.lists);
  showFilters(plan);
  showRows();
}

function showCounts(plan) {
  const reasons = new Map(plan.segments.flatMap((each) => each.excluded.map((out) => [out.reason, out.words])));
  // On a phone each number stands in a line of its own, with its word, and what came of nobody is left out.
  const number = (word, value, always) => make(
    "td", { className: value || always ? "number" : "number none", data: { word } }, value ? count(value) : "–");
  const sentence = (words) => words[0].toUpperCase() + words.slice(1);
  const head = ["In the lists", ...[...reasons.values()].map(sentence), "Get it"];
  fill("counts",
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Segment"),
      ...head.map((word) => make("th", { scope: "col", className: "number" }, word)))),
    make("tbody", {}, ...plan.segments.map((each) => make("tr", {},
      make("th", { scope: "row" }, each.title),
      number("In the lists", each.matched, true),
      ...[...reasons].map(([reason, words]) => number(
        sentence(words), each.excluded.find((out) => out.reason === reason)?.people, false)),
      number("Get it", each.to_send, true)))));
}

function showLists(lists) {
  fill("lists-read", ...lists.filter((each) => each.invalid || each.notes.length || each.change).map((each) => make(
    "details", { className: "card", data: { key: each.file } },
    make("summary", { data: { key: `summary ${each.file}` } }, `lists/${each.file}: ${listWords(each)}`),
    make("ul", {}, each.change ? make("li", {}, `since it was last used: ${each.change}`) : "", ...each.notes.map((note) => make("li", {}, note)),
      ...each.bad.slice(0, 20).map((bad) => make("li", {}, `line ${bad.line}: ${bad.why}`))),
  )));
}

function listWords(list) {
  const words = [
    list.drifted ? "changed by more than the limit" : list.change ? "changed" : "",
    list.invalid ? many(list.invalid, "row cannot be used", "rows cannot be used") : "",
  ].filter(Boolean);
  return words.join(", ") || "a note";
}

function showFilters(plan) {
  const here = new Set(plan.segments.flatMap((each) => each.excluded.map((out) => out.reason)));
  const shown = Object.entries(SHOWN).filter(([name]) => name === "" || name === "sent" || here.has(name)
    || (state.since && (name === "new" || name === "gone")));
  keep("people-show", shown);
  keep("people-segment", [["", "All"], ...plan.segments.map((each) => [each.name, each.title])]);
}

/** The options of a choice, anew, with what was chosen still chosen. */
function keep(id, options) {
  const chosen = $(id).value;
  fill(id, ...options.map(([value, title]) => make("option", { value }, title)));
  $(id).value = options.some(([value]) => value === chosen) ? chosen : options[0][0];
}

/** An exported file holds nobody's name and place. */
const columns = () => [
  ["name", "Name"], ["place", "Place"], ["address", "Address"], ["segment", "Segment"], ["happens", "What happens"],
].filter(([name]) => !exported || (name !== "name" && name !== "place"));

let rowsAsked = 0;

async function showRows() {
  const mine = ++rowsAsked;
  const told = await source.people({
    text: $("people-text").value.trim(),
    show: $("people-show").value,
    segment: $("people-segment").value,
    page: String(page),
    addresses: choices.addresses ? "shown" : "",
  });
  if (mine !== rowsAsked) return;
  if (told.pages && page >= told.pages) { page = told.pages - 1; showRows(); return; }
  $("people-count").textContent = exported
    ? `The first ${many(told.total, "row", "rows")}, without names.`
    : many(told.total, "row", "rows");
  const titles = Object.fromEntries(state.plan.segments.map((each) => [each.name, each.title]));
  fill("people",
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...columns().map(
      ([, title]) => make("th", { scope: "col", role: "columnheader" }, title)))),
    make("tbody", { role: "rowgroup" }, ...told.rows.map((row) => rowOf(row, titles))));
  $("people-page").textContent = told.pages > 1 ? `Page ${count(page + 1)} of ${count(told.pages)}` : "";
  $("people-back").disabled = page === 0;
  $("people-on").disabled = page + 1 >= told.pages;
}

function rowOf(row, titles) {
  const happens = row.why
    ? make("span", { className: "tag" }, row.why)
    : row.id
      ? make("button", {
        type: "button", className: "link", data: { key: row.id },
        "aria-label": `See their copy: ${row.name || row.address}`,
        onclick: () => { showTab("mail", true); chooseReader(row); },
      }, "See their copy")
      : make("span", { className: "tag", data: { kind: "good" } }, "gets it");
  const isNew = row.new ? make("span", { className: "tag", data: { kind: "good" } }, "new") : null;
  const cells = { name: [row.name || "–"], place: [row.place_name], address: [row.address], segment: [titles[row.segment] || row.segment] };
  return make("tr", { role: "row" }, ...columns().map(([name]) => make(
    "td", { role: "cell", className: name }, ...(cells[name] || [happens, " ", isNew]))));
}

function listenToPeople() {
  const again = () => { page = 0; showRows(); };
  $("people-text").addEventListener("input", paused(again));
  $("people-show").addEventListener("change", again);
  $("people-segment").addEventListener("change", again);
  $("addresses").addEventListener("change", async () => {
    choices.addresses = $("addresses").checked;
    showRows();
    if (reader.person) await sameReader();
    await showCopy();
  });
  $("people-back").addEventListener("click", () => { page -= 1; showRows(); });
  $("people-on").addEventListener("click", () => { page += 1; showRows(); });
}
