/* code */
import { html } from "../../kit.js";
export const Code = () => html`<p>code</p>`;
