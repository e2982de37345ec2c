/* The coroutines of the server as an outline: enough to follow the yields; pure. */

const KEY = /^\s*(?:def |while )|\byield\b|\baccept\(|\brecv\(|\.send\(|create_task\(/;
const ALWAYS = /^\s*def |\byield\b/;
const OWN = /^\s{4}def |\byield (?!from)/;
const TOKEN =
  /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(and|as|assert|async|await|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b|\b(\d[\d_.]*)\b|(#.*$)|\b([A-Z][A-Z_]{2,})\b|([A-Za-z_]\w*)(?=\()/g;
const CLASSES = ["s", "k", "n", "c", "n", "f"];
/* The functions that tell the story are shown whole as far as they matter; the others by their yields. */
const STORY = new Set(["serve_forever", "serve_client"]);

/** [{n, text, whole, key, head, waits}]: lines of the functions that wait; `head` begins a function, `waits`: a task can stand there. */
export function outline(functions) {
  const shown = [];
  for (const { name, start, lines } of functions) {
    const yields = lines.some(waits);
    if (!yields || name.startsWith("_")) continue;
    const wanted = STORY.has(name) ? KEY : OWN;
    const indent = lines[0].length - lines[0].trimStart().length;
    lines.forEach((line, index) => {
      if (!wanted.test(line) || /^\s*"""/.test(line)) return;
      shown.push({ n: start + index, text: plain(line.slice(indent)), whole: line.trim(), key: ALWAYS.test(line), head: index === 0, waits: waits(line) });
    });
  }
  return shown;
}

const waits = (line) => /\byield\b/.test(line) && !/yield from/.test(line);

const HEAD = /^\s*(?:async )?def /;
const WAITS = /\b(?:yield|await)\b|\basync (?:for|with)\b/;
const indentOf = (line) => line.length - line.trimStart().length;

/** The same of any file's lines: the functions around the lines with these numbers, by the lines at which they can wait. */
export function around(lines, numbers) {
  const shown = new Map();
  for (const number of numbers) {
    const [first, last] = functionAt(lines, number);
    const indent = indentOf(lines[first - 1] ?? "");
    for (let n = first; n <= last; n += 1) {
      const line = lines[n - 1] ?? "";
      if (n !== first && !numbers.includes(n) && !WAITS.test(line)) continue;
      shown.set(n, { n, text: plain(line.slice(indent)), whole: line.trim(), key: true, head: n === first, waits: numbers.includes(n) || WAITS.test(line) });
    }
  }
  return [...shown.values()].sort((a, b) => a.n - b.n);
}

/* The numbers of the first and the last line of the function that a line is in; of the line itself where it is in none. */
function functionAt(lines, number) {
  const inner = indentOf(lines[number - 1] ?? "");
  let first = number;
  while (first > 0 && !(HEAD.test(lines[first - 1] ?? "") && (indentOf(lines[first - 1]) < inner || first === number))) first -= 1;
  if (first === 0) return [number, number];
  let last = number;
  while (last < lines.length && (!lines[last].trim() || indentOf(lines[last]) > indentOf(lines[first - 1]))) last += 1;
  return [first, last];
}

/* Without annotations and with half the indentation: a lane is narrow. */
const plain = (line) =>
  line
    .replace(/^(\s*def \w+\()(.*?)(\) -> .*)?$/, (_, head, rest) =>
      rest ? `${head}${rest.replace(/\)(?: -> .*|:)$/, "").replace(/: [^,)]+/g, "")}):` : `${head}...):`)
    .replace(/\s+# .*$/, "")
    .replace(/\bTaskType\./, "")
    .replace(/^ +/, (spaces) => spaces.slice(spaces.length / 2));

/** A line in pieces [class or null, text] for syntax colours. */
export function coloured(line) {
  const pieces = [];
  let at = 0;
  for (const match of line.matchAll(TOKEN)) {
    if (match.index > at) pieces.push([null, line.slice(at, match.index)]);
    pieces.push([CLASSES[match.slice(1).findIndex((group) => group !== undefined)], match[0]]);
    at = match.index + match[0].length;
  }
  if (at < line.length) pieces.push([null, line.slice(at)]);
  return pieces;
}

const TRIPLE = /"""|'''/;

/** All lines of a file in such pieces; a text in three quotes goes on over lines. */
export function colouredLines(lines) {
  let open = null;
  return lines.map((line) => {
    const pieces = [];
    let rest = line;
    for (;;) {
      const at = open ? rest.indexOf(open) : rest.search(TRIPLE);
      if (at < 0 || (!open && /#/.test(rest.slice(0, at)))) {
        return rest ? [...pieces, ...(open ? [["s", rest]] : coloured(rest))] : pieces;
      }
      const end = at + (open ? 3 : 0);
      const head = rest.slice(0, end);
      pieces.push(...(open ? [["s", head]] : coloured(head)));
      open = open ? null : rest.slice(at, at + 3);
      if (open) pieces.push(["s", open]);
      rest = rest.slice(open ? at + 3 : end);
    }
  });
}
