/* The triangle of the last answer: legs as they were sent, hypotenuse as the server said. Before
   the first answer the legs are those of the form. */
import { html, useMemo } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { text } from "../../model/decode.js";

const WIDTH = 420;
const HEIGHT = 230;

export function Triangle({ exchange, legs }) {
  const sides = useMemo(() => read(exchange), [exchange]);
  const { a, b, c } = sides ?? (legs.a > 0 && legs.b > 0 ? legs : { a: 4, b: 3 });
  // Drawn to scale, but a leg that is far shorter than the other stays visible.
  const scale = Math.min(280 / a, 150 / b);
  const [w, h] = [Math.max(24, a * scale), Math.max(16, b * scale)];
  const [x, y] = [(WIDTH - w) / 2 - 14, HEIGHT - 38];
  const label = sides ? `a ${a}, b ${b}, c ${c}` : t("try.tri.none");
  const name = (side, value) => `${side} = ${value === undefined ? "?" : nf(value, { maximumSignificantDigits: 7 })}`;
  return html`<svg class="triangle" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    <defs><pattern id="grid" width="20" height="20" patternUnits="userSpaceOnUse"><path class="gr" d="M20 0H0V20"/></pattern></defs>
    <rect class="paper" width=${WIDTH} height=${HEIGHT} fill="url(#grid)" rx="8"/>
    <path class="legs" d="M${x} ${y}h${w}v${-h}${sides ? "z" : ""}"/><path class="corner" d="M${x + w - 12} ${y}v-12h12"/>
    <path class="hyp ${sides ? "" : "none"}" d="M${x} ${y}L${x + w} ${y - h}"/>
    <text class="leg" x=${x + w / 2} y=${y + 22} text-anchor="middle">${name("a", a)}</text>
    <text class="leg" x=${x + w + 10} y=${y - h / 2 + 5}>${name("b", b)}</text>
    <text class="c" x=${x + w / 2 - 14} y=${y - h / 2 - 12} text-anchor="end">${name("c", c)}</text>
  </svg>`;
}

/* Only an answer with three positive sides can be drawn. */
function read(exchange) {
  if (exchange?.ended !== "reply") return null;
  try {
    const { a, b } = JSON.parse(text(exchange.sent));
    const sides = { a: Number(a), b: Number(b), c: Number(text(exchange.received)) };
    return Object.values(sides).every((side) => side > 0 && Number.isFinite(side)) ? sides : null;
  } catch {
    return null; // raw text need not be JSON
  }
}
