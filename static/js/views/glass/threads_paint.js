/* How the lanes are painted on their canvases. */

const LINE_PX = 3;
const LEAST_PX = 2;
const FONT = "600 11px";
const LINES = { in: "in", accept: "idle", sleep: "idle", input: "idle", select: "idle", wait: "idle", connect: "idle", other: "idle" };

/** The colours of the lanes. `read(name)`: the value of a token. */
export function palette(read) {
  return {
    in: read("--in-fill"), out: read("--out-fill"), run: read("--run-fill"), ready: read("--ready-fill"), idle: read("--line-ctl"),
    dim: read("--line-2"), ink: read("--ink"), on_ink: read("--on-ink"), tint: read("--ready-tint"), font: read("--mono"),
  };
}

/** A thread's lane: lines where it waits for others, blocks where it works, on ink while it holds a lock. */
export function paintLane(field, colours, segments, holds) {
  const tall = field.height * 0.9;
  for (const segment of segments) {
    const [left, wide] = reach(field, segment);
    if (wide <= 0) continue;
    if (segment.kind === "unseen") dots(field, left, wide, colours.dim);
    else if (LINES[segment.kind]) bar(field, left, wide, Math.min(LINE_PX, field.height), colours[LINES[segment.kind]]);
  }
  for (const hold of holds) {
    const [left, wide] = reach(field, hold, LEAST_PX);
    if (wide > 0) bar(field, left, wide, tall, colours.ink);
  }
  for (const segment of segments) {
    const [left, wide] = reach(field, segment, LEAST_PX);
    if (wide <= 0) continue;
    if (segment.kind === "lock") hatch(field, left, wide, tall, colours);
    else if (segment.kind === "run") bar(field, left, wide, tall * 0.55, colours.run);
    else if (segment.kind === "out") bar(field, left, wide, tall * 0.8, colours.out);
  }
}

/** A lock's lane: its holders, with their names where they fit. */
export function paintLock(field, colours, holds) {
  const { pen, height } = field;
  pen.font = `${FONT} ${colours.font}`;
  pen.textBaseline = "middle";
  for (const hold of holds) {
    const [left, wide] = reach(field, hold, LEAST_PX);
    if (wide <= 0) continue;
    bar(field, left, wide, height * 0.9, colours.ink);
    const name = hold.holder.replace(/^Thread-/, "T");
    if (pen.measureText(name).width + 8 > wide) continue;
    pen.fillStyle = colours.on_ink;
    pen.fillText(name, left + 4, height / 2 + 0.5);
  }
}

/* [left, width] in pixels of what lies in the picture, `least` wide. */
function reach({ x, width }, { from, to }, least = 0) {
  const right = Math.min(width, x(to));
  const left = Math.max(0, Math.min(x(from), right - least));
  return right <= 0 ? [0, 0] : [left, right - left];
}

function bar({ pen, height }, left, wide, tall, colour) {
  pen.fillStyle = colour;
  pen.fillRect(left, (height - tall) / 2, wide, tall);
}

function dots({ pen, height }, left, wide, colour) {
  pen.fillStyle = colour;
  for (let at = left; at < left + wide; at += 6) pen.fillRect(at, height / 2 - 1, 2, 2);
}

function hatch({ pen, height }, left, wide, tall, colours) {
  const top = (height - tall) / 2;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, wide, tall);
  pen.clip();
  pen.fillStyle = colours.tint;
  pen.fillRect(left, top, wide, tall);
  pen.strokeStyle = colours.ready;
  pen.lineWidth = 2.5;
  pen.beginPath();
  for (let at = left - tall - ((left - tall) % 6); at < left + wide; at += 6) {
    pen.moveTo(at, top + tall);
    pen.lineTo(at + tall, top);
  }
  pen.stroke();
  pen.restore();
}
