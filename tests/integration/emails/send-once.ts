// A program of its own, because Node reads NODE_EXTRA_CA_CERTS only at start: sends the mail of its second argument
// by the configuration of its first and prints the result.
import type { OutgoingEmail } from "../../../emails/transport";
import { selectTransports, type TransportConfig } from "../../../emails/transports/select";

const [config = "", mail = ""] = process.argv.slice(2);
const { transport } = selectTransports(JSON.parse(config) as TransportConfig);
const result = await transport.send(JSON.parse(mail) as OutgoingEmail, 10_000);
process.stdout.write(JSON.stringify(result));
