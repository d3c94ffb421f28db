import { splitDevice } from "@/domain/device-words";
import type { Texts } from "@/messages/texts";

/** A device in the language of the page: "Firefox unter Windows". */
export function tellDevice({ t }: Texts, device: string): string {
  const parts = splitDevice(device);
  return parts ? t("facts.device", parts) : device;
}
