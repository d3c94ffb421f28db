// A start, as far as its lock: `take-lock.ts <folder>` says who else runs there, or that it runs, and then goes on.
import { takeLock } from "../../../../local/supervise/processes";

const [folder = ""] = process.argv.slice(2);
try {
  await takeLock(folder, console.log);
  console.log("taken");
  setInterval(() => {}, 1000);
} catch (error) {
  console.log((error as Error).message);
}
