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
    make("span", {}, `${checks.words} ${many(checks.rules, "rule was", "rules were")} applied.`));
  $("fact-checks").textContent = checks.problems.length
    ? `${checks.verdict.toLowerCase()}, ${many(checks.problems.length, "finding", "findings")}`
    : checks.verdict.toLowerCase();
  fill("problems", ...Object.entries(SEVERITIES).flatMap(([severity, [kind, title]]) => {
    const found = checks.problems.filter((each) => each.severity === severity);
    return found.length ? [make("h3", {}, title), ...found.map((each) => problemCard(each, kind))] : [];
  }));
}

function problemCard(problem, kind) {
  const places = problem.file
    ? [make("button", { type: "button", className: "link", onclick: () => showLines(problem.file, problem.line) },
      problem.line ? `${problem.file}, line ${problem.line}` : problem.file)]
    : problem.where ? [make("span", {}, problem.where)] : [];
  if ((problem.line && problem.file === state.file) || problem.text) {
    places.push(make("button", { type: "button", className: "link", onclick: () => showInMail(problem) }, "Show in the mail"));
  }
  return make("article", { className: "card problem" },
    make("h4", {}, problem.message),
    make("div", { className: "from" }, make("span", { className: "tag", data: { kind } }, problem.code), ...places),
    problem.parts.length
      ? make("details", {}, make("summary", {}, "Why it matters, and what to do"),
        ...problem.parts.map(([head, text]) => make("p", {}, make("b", {}, head), text)))
      : null);
}

async function showLines(file, line) {
  const lines = await source.file(file);
  if (!lines.length) { notice(`${file} is not shown here; it may hold people’s details.`); return; }
  $("lines").hidden = false;
  $("lines-title").textContent = line ? `${file}, line ${line}` : file;
  fill("lines-list", ...lines.map((text, index) => make(
    "li", { data: { line: String(index + 1) }, className: index + 1 === line ? "here" : "" }, text || " ")));
  $("lines-title").focus({ preventScroll: true });
  $("lines").scrollIntoView({ block: "nearest" });
  const here = $("lines-list").querySelector(".here");
  const around = $("lines-list").parentElement;
  if (here) around.scrollTop += here.getBoundingClientRect().top - around.getBoundingClientRect().top - around.clientHeight / 3;
}

async function showInMail(problem) {
  const lines = problem.text ? [] : await source.file(problem.file);
  const words = problem.text || lines[problem.line - 1] || "";
  const go = () => { if (!goToWords(words)) notice("These words do not stand in this edition’s body."); };
  showTab("mail");
  if (!problem.text || reader.segment === problem.segment) { go(); return; }
  await chooseEdition(problem.segment);
  onceLoaded(go);
}
