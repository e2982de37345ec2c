/* console */
import { html } from "../../kit.js";
export const Console = () => html`<p>console</p>`;
