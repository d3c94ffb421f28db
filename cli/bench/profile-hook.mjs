// Loaded into a process before its program (`--import`): SIGUSR2 begins a processor profile, and ends it and writes it to
// PROFILE_DIR, named by the process. The one way that needs no port and no debugger's client.
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import path from "node:path";

const folder = process.env.PROFILE_DIR;
/** Often enough for what takes a few microseconds and happens a thousand times a second. */
const EVERY_US = 500;

if (folder) {
  const session = new Session();
  session.connect();
  let isOn = false;
  process.on("SIGUSR2", () => {
    isOn = !isOn;
    if (isOn) {
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval: EVERY_US });
      session.post("Profiler.start");
      return;
    }
    session.post("Profiler.stop", (_, { profile }) => {
      const file = path.join(folder, `${process.pid}.cpuprofile`);
      // Whoever waits for the file must not find half of it.
      writeFileSync(`${file}.part`, JSON.stringify(profile));
      renameSync(`${file}.part`, file);
    });
  });
}
