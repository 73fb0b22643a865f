// The mail in frames of three widths. A frame runs no script and may open nothing; a new version is loaded behind
// the one that is seen and takes its place, and its scroll position, when it is ready.

const WIDTHS = { phone: 375, tablet: 768, desktop: 960 };
const NAMES = { phone: "Phone", tablet: "Tablet", desktop: "Desktop" };
const SHELLS = { phone: 20, tablet: 20, desktop: 2 };

const devices = {};

function makeDevices() {
  for (const kind of Object.keys(WIDTHS)) {
    const screen = make("div", { className: "screen" });
    const figure = make(
      "figure", { className: "device", data: { kind } },
      make("div", { className: "shell" }, screen),
      make("figcaption", {}, `${NAMES[kind]}, ${WIDTHS[kind]} wide`),
    );
    devices[kind] = { kind, figure, screen, frame: null, loading: null };
    $("stage").append(figure);
  }
}

const shownDevices = () => Object.values(devices).filter((device) => !device.figure.hidden);

/** Size the frames to the room there is; the mail is drawn at its true width and then scaled as a whole. */
function layOut(width) {
  const kinds = width === "all" ? Object.keys(WIDTHS) : [width];
  const room = $("stage").clientWidth || 800;
  const together = kinds.length > 1 && room > 640;
  const gaps = together ? 24 * (kinds.length - 1) : 0;
  const shells = together ? kinds.reduce((sum, kind) => sum + SHELLS[kind], 0) : 0;
  const sum = kinds.reduce((all, kind) => all + WIDTHS[kind], 0);
  const height = Math.max(460, window.innerHeight - 170);
  for (const device of Object.values(devices)) {
    device.figure.hidden = !kinds.includes(device.kind);
    const own = WIDTHS[device.kind];
    const scale = Math.min(1, together ? (room - gaps - shells - 2) / sum : (room - SHELLS[device.kind]) / own);
    device.screen.style.width = `${Math.floor(own * scale)}px`;
    device.screen.style.height = `${height}px`;
    device.size = { width: own, height: Math.ceil(height / scale), scale };
    for (const frame of device.screen.children) resize(frame, device.size);
  }
}

function resize(frame, size) {
  frame.style.width = `${size.width}px`;
  frame.style.height = `${size.height}px`;
  frame.style.transform = `scale(${size.scale})`;
}

/** Load the mail into every frame that is seen; `asked` says whose and how, `dress` is put on each when it is there. */
function load(asked, number, dress) {
  for (const device of shownDevices()) {
    const frame = make("iframe", { title: `The mail on a ${device.kind} screen`, className: "incoming" });
    frame.setAttribute("sandbox", "allow-same-origin");
    resize(frame, device.size);
    device.loading?.remove();
    device.loading = frame;
    frame.addEventListener("load", () => replace(device, frame, dress));
    source.show(frame, asked, number);
    device.screen.append(frame);
  }
}

let afterwards = null;

/** Do something once the frames have what was last asked for: at once if they have it. */
function onceLoaded(act) {
  if (shownDevices().some((device) => device.loading)) afterwards = act;
  else act();
}

function replace(device, frame, dress) {
  if (device.loading !== frame || !frame.contentDocument?.body) return;
  // An answer in other words than HTML says that this copy is no longer there; the next state brings another.
  if (frame.contentDocument.contentType !== "text/html") return;
  const before = device.frame;
  dress(frame);
  frame.contentWindow.scrollTo(0, before?.contentWindow?.scrollY ?? device.scrolled ?? 0);
  frame.classList.remove("incoming");
  before?.remove();
  device.frame = frame;
  device.loading = null;
  frame.contentDocument.addEventListener("click", onClick);
  if (afterwards && !shownDevices().some((each) => each.loading)) {
    const act = afterwards;
    afterwards = null;
    act();
  }
}

/** A link in the mail opens nothing here, but for one that leads to another place in the mail. */
function onClick(event) {
  const link = event.target.closest?.("a[href]");
  if (!link) return;
  event.preventDefault();
  const written = link.getAttribute("href");
  if (written.startsWith("#")) {
    const name = decodeURIComponent(written.slice(1));
    const there = link.ownerDocument;
    (there.getElementById(name) || there.getElementsByName(name)[0])?.scrollIntoView();
  } else {
    notice(`This link leads to ${written}. It opens nothing in the preview.`);
  }
}

/** Do something in each frame that is seen. */
function inFrames(act) {
  for (const device of shownDevices()) {
    if (device.frame?.contentDocument) act(device.frame.contentDocument, device);
  }
}
