import type { Operation } from "../operation";
import { LINKS } from "./links";
import { OPERATION } from "./operation";
import { REGISTRATION } from "./registration";
import { SIGNING_IN } from "./signing-in";

/** Every public call, in the order of the page. */
export const OPERATIONS: readonly Operation[] = [...REGISTRATION, ...LINKS, ...SIGNING_IN, ...OPERATION];
