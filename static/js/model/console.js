/* The transcript of a program's terminal, as lines of coloured pieces; no document. */

const LINES_KEPT = 5000;
/* A line that never ends is broken here. */
const LINE_LONGEST = 4000;
/* A colour sequence (ECMA-48 SGR), a line end, text; anything else that moves a terminal is shown. */
const TOKEN = /\x1b\[([\d;]*)m|\r*\n|[^\x1b\r\n]+|[\x1b\r]/g;
/* A possible beginning of a token that the next message ends. */
const UNFINISHED = /(?:\x1b(?:\[[\d;]{0,24})?|\r+)$/;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const HUES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const PLAIN = { hue: null, bold: false, dim: false };

/** Before the dashboard has said anything. `style`: the colours of the text that comes next. */
export const NO_CONSOLE = { status: "connecting", retry_at: null, lines: [], made: 0, cut: false, rest: "", style: PLAIN, anew: true };

/** The console after an event: {type: trying | lost, retry_at}, or {type: down, message} of the dashboard. */
export function reduceConsole(before, event) {
  if (event.type === "trying") return { ...before, status: "connecting", anew: true };
  if (event.type === "lost") return { ...before, status: "lost", retry_at: event.retry_at };
  const console = { ...(before.anew ? NO_CONSOLE : before), status: "open", anew: false };
  const { message } = event;
  if (message.output !== undefined) return bounded(printed(console, message));
  if (message.state) return bounded(noted(lifeOf(console, message), { at: message.state.at, state: message.state }));
  if (message.refused) return bounded(noted(console, { refused: message.refused }));
  if (message.skipped) return bounded(noted(console, { skipped: message.skipped }));
  return console;
}

/* A process begins with an empty terminal; what stands in it after its end stays till then. */
const lifeOf = (console, { state }) =>
  state.state === "started" ? { ...NO_CONSOLE, made: console.made, status: "open", anew: false } : console;

function bounded(console) {
  if (console.lines.length <= LINES_KEPT) return console;
  return { ...console, lines: console.lines.slice(-LINES_KEPT), cut: true };
}

/* A line of the dashboard's own stands alone. */
function noted(console, note) {
  const lines = ended(console.lines);
  return { ...console, made: console.made + 1, lines: [...lines, { n: console.made, ...note }] };
}

const ended = (lines) => (lines.at(-1)?.open ? [...lines.slice(0, -1), { ...lines.at(-1), open: false }] : lines);

function printed(console, { output, at, tone = "program" }) {
  const text = console.rest + output;
  const [rest] = UNFINISHED.exec(text) ?? [""];
  const next = { ...console, rest, lines: [...console.lines] };
  for (const match of text.slice(0, text.length - rest.length).matchAll(TOKEN)) {
    if (match[1] !== undefined) next.style = styled(next.style, match[1]);
    else if (match[0].endsWith("\n")) endLine(next, at);
    else addPiece(next, at, [match[0].replace(CONTROL, visible), classes(next.style, tone)]);
  }
  return next;
}

/* As a terminal shows the keys: ^[ is escape, ^? delete. */
const visible = (character) => `^${String.fromCharCode(character.charCodeAt(0) ^ 64)}`;

function openLine(console, at) {
  if (!console.lines.at(-1)?.open) {
    console.lines.push({ n: console.made, at, parts: [], length: 0, open: true });
    console.made += 1;
  }
  return console.lines.at(-1);
}

function endLine(console, at) {
  const line = openLine(console, at);
  console.lines[console.lines.length - 1] = { ...line, open: false };
}

function addPiece(console, at, [text, cls]) {
  const line = openLine(console, at);
  const parts = [...line.parts, [text, cls]];
  const length = line.length + text.length;
  console.lines[console.lines.length - 1] = { ...line, parts, length, open: length < LINE_LONGEST };
}

/* ECMA-48 8.3.117: several numbers in one sequence; an empty one is 0. Others than these change nothing. */
function styled(style, codes) {
  return codes.split(";").map(Number).reduce((now, code) => {
    if (code === 0) return PLAIN;
    if (code === 1) return { ...now, bold: true };
    if (code === 2) return { ...now, dim: true };
    if (code === 22) return { ...now, bold: false, dim: false };
    if (code === 39) return { ...now, hue: null };
    if (code >= 30 && code <= 37) return { ...now, hue: HUES[code - 30] };
    if (code >= 90 && code <= 97) return { ...now, hue: HUES[code - 90] };
    return now;
  }, style);
}

const classes = ({ hue, bold, dim }, tone) =>
  [`t-${tone}`, hue && `sgr-${hue}`, bold && "sgr-bold", dim && "sgr-dim"].filter(Boolean).join(" ");

/** The text of a line. */
export const textOf = ({ parts = [] }) => parts.map(([text]) => text).join("");

const PLACE = /File "([^"]+)", line (\d+)/;

/** The place that a line of a traceback names, if it is the program's own: {from, to, line: "server.py:24"} or null. */
export function placeIn(text, folder) {
  const found = PLACE.exec(text);
  if (!found || !folder || !found[1].startsWith(`${folder}/`)) return null;
  return { from: found.index, to: found.index + found[0].length, line: `${found[1].slice(folder.length + 1)}:${found[2]}` };
}

/** The parts of a line in three lists: before, within and after a range of its characters. */
export function cutParts(parts, { from, to }) {
  const lists = [[], [], []];
  let at = 0;
  for (const [text, cls] of parts) {
    const borders = [0, clamp(from - at, text.length), clamp(to - at, text.length), text.length];
    lists.forEach((list, index) => {
      const piece = text.slice(borders[index], borders[index + 1]);
      if (piece) list.push([piece, cls]);
    });
    at += text.length;
  }
  return lists;
}

const clamp = (value, most) => Math.min(Math.max(0, value), most);
