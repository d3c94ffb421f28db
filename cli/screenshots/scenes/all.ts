// Every scene, in the order of the list of pictures.
import { ACCOUNT_SCENES } from "./account";
import { CONFIRM_SCENES } from "./confirm";
import { ELSEWHERE_SCENES } from "./elsewhere";
import { ENGINE_SCENES } from "./engine";
import { LINK_SCENES } from "./links";
import { makeMailScenes } from "./mails";
import { OPERATOR_SCENES } from "./operators";
import { PUBLIC_SCENES } from "./public";
import type { Scene } from "./scene";

export const makeScenes = async (): Promise<Scene[]> => [
  ...PUBLIC_SCENES,
  ...CONFIRM_SCENES,
  ...ELSEWHERE_SCENES,
  ...LINK_SCENES,
  ...ACCOUNT_SCENES,
  ...OPERATOR_SCENES,
  ...ENGINE_SCENES,
  ...(await makeMailScenes()),
];
