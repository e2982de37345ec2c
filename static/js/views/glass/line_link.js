/* A line of the program, as a link to it in its code. */
import { html } from "../../kit.js";
import { t } from "../../i18n.js";
import { href } from "../../model/routes.js";

/** `line` is "server.py:24"; more words may follow it in the link. Plain text where the program shows no code. */
export function LineLink({ server, line, name }) {
  if (!line) return null;
  const words = html`<code>${line}${name && ` ${name}`}</code>`;
  if (!server.tabs.some((tab) => tab.name === "code")) return words;
  return html`<a class="line-l" href=${href(server, "code", { line })} title=${t("wire.line.d")}>${words}</a>`;
}
