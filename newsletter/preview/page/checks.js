// What a machine can see: the verdict, each finding with its reason, and the line or the place where it stands.

const SEVERITIES = {
  error: ["error", "Errors: these stop a real send"],
  "could not check": ["unknown", "Could not be checked"],
  warning: ["warning", "Warnings: look at these first"],
  note: ["note", "Notes"],
};
const VERDICT_KINDS = { READY: "good", WARN: "warning", "NOT READY": "error", "COULD NOT CHECK": "unknown" };

function showChecks() {
  const checks = state.checks;
  if (!checks) { $("fact-checks").textContent = "checking…"; return; }
  fill("verdict",
    make("span", { className: "tag", data: { kind: VERDICT_KINDS[checks.verdict] } }, checks.verdict),
    make("span", {}, checks.words));
  $("fact-checks").textContent = checks.problems.length
    ? `${checks.verdict.toLowerCase()}, ${many(checks.problems.length, "finding", "findings")}`
    : checks.verdict.toLowerCase();
  fill("problems", ...Object.entries(SEVERITIES).flatMap(([severity, [kind, title]]) => {
    const found = checks.problems.filter((each) => each.severity === severity);
    return found.length ? [make("h3", {}, title), ...found.map((each) => problemCard(each, kind))] : [];
  }));
  showRules(checks.rules);
  if (linesShown) followLines(checks.problems);
}

/** What was looked for, so that “nothing found” says of what. */
function showRules(rules) {
  $("rules-title").textContent = `What was looked for: ${many(rules.length, "rule", "rules")}`;
  fill("rules", ...rules.map(([code, name, does]) => make(
    "div", {}, make("dt", {}, make("code", {}, code), ` ${name}`), make("dd", {}, ...withCode(does)))));
}

const MOST_PLACES = 12;

function problemCard(problem, kind) {
  const key = `${problem.code} ${problem.message}`;
  const { places } = problem;
  const more = places.length - MOST_PLACES;
  return make("article", { className: "card problem" },
    make("h4", {}, problem.message, places.length > 1 ? ` (in ${many(places.length, "place", "places")})` : ""),
    ...places.slice(0, MOST_PLACES).map((place, index) => make(
      "div", { className: "from" },
      index ? null : make("span", { className: "tag", data: { kind } }, problem.code),
      ...placeLinks(place, `${key} ${place.where}`))),
    more > 0 ? make("div", { className: "from" }, `and ${many(more, "more place", "more places")}`) : null,
    problem.parts.length
      ? make("details", { data: { key: `why ${key}` } },
        make("summary", { data: { key: `summary ${key}` } }, "Why it matters, and what to do"),
        make("dl", {}, ...problem.parts.flatMap(([head, text]) => [make("dt", {}, head), make("dd", {}, ...withCode(text))])))
      : null);
}

/** What leads to a place: the lines of its file, and the words in the mail. */
function placeLinks(place, key) {
  const link = (name, words, onclick) => make(
    "button", { type: "button", className: "link", data: { key: `${name} ${key}` }, onclick }, words);
  const links = place.file
    ? [link("lines", place.line ? `${place.file}, line ${place.line}` : place.file, () => showLines(place.file, place.line))]
    : place.where ? [make("span", {}, place.where)] : [];
  if ((place.line && place.file === state.file) || place.text) {
    links.push(link("mail", "Show in the mail", () => showInMail(place)));
  }
  return links;
}

let linesShown = null;

/** Draw the lines of a file; whether it may be shown. */
async function drawLines(file, line) {
  const lines = await source.file(file);
  if (!lines.length) return false;
  linesShown = { file, line };
  $("lines").hidden = false;
  $("lines-title").textContent = line ? `${file}, line ${line}` : file;
  fill("lines-list", ...lines.map((text, index) => make(
    "li", { data: { line: String(index + 1) }, className: index + 1 === line ? "here" : "" }, text || " ")));
  return true;
}

/** After a change: the lines as they are now, or none where the check is content. */
function followLines(problems) {
  const places = problems.flatMap((each) => each.places);
  if (places.some((each) => each.file === linesShown.file && each.line === linesShown.line)) {
    drawLines(linesShown.file, linesShown.line);
  } else {
    linesShown = null;
    $("lines").hidden = true;
  }
}

async function showLines(file, line) {
  if (!await drawLines(file, line)) { notice(`${file} is not shown here; it may hold people’s details.`); return; }
  $("lines-title").focus({ preventScroll: true });
  $("lines").scrollIntoView({ block: "nearest" });
  const here = $("lines-list").querySelector(".here");
  const around = $("lines-list").parentElement;
  if (here) around.scrollTop += here.getBoundingClientRect().top - around.getBoundingClientRect().top - around.clientHeight / 3;
}

/** Go to where it stands: in the inbox line, in the edition that is looked at, or in the first other that has it. */
async function showInMail(place) {
  const line = place.text ? "" : (await source.file(place.file))[place.line - 1] || "";
  if (/^(subject|preheader)\s*:/.test(line)) { showTab("inbox", true); return; }
  showTab("mail", true);
  const wanted = place.text || line;
  const before = { ...reader };
  const others = state.editions.map((each) => each.segment).filter((name) => name !== before.segment);
  const editions = place.text ? [place.segment] : [before.segment, ...others];
  for (const segment of editions) {
    if (segment !== reader.segment) {
      await chooseEdition(segment);
      await new Promise(onceLoaded);
    }
    if (goToWords(wanted)) return;
  }
  notice("These words do not stand in the mail as they are written.");
  if (reader.segment !== before.segment) await lookAt(before.segment, before.person);
}
