// `node local/run.mjs check-env`: whether the app would start with this environment. For `npm start`, which asks
// before it builds and migrates. Ends with 1 and the app's own list of complaints, never with a value.
import { checkEnv, EnvironmentError } from "../env";

try {
  await checkEnv();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
