/* Try it: one view for each task of the lab that answers a request. */
import { html } from "../../kit.js";
import { NotRunning } from "../shell/not_running.js";
import { TryHello } from "./hello.js";
import { TryHypotenuse } from "./hypotenuse.js";
import { TryPage } from "./page.js";
import { TrySubjects } from "./subjects.js";

const TASKS = { hello: TryHello, hypotenuse: TryHypotenuse, page: TryPage, subjects: TrySubjects };

export const Try = (props) => html`<${NotRunning} ...${props}/><${TASKS[props.name]} ...${props}/>`;
