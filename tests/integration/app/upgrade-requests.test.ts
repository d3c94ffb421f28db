// A real server of Node's with a listener as Next sets one, and clients that offer another protocol.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ignoreUpgrades } from "@/app/_http/upgrade-requests";

const END = ";";
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}${END}`));
  });
  server.on("upgrade", (_, socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ignoreUpgrades();
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Says these one after another on one connection, each when the one before it was answered. Answers what came back. */
async function say(requests: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  const waiting = [...requests];
  let said = "";
  const sayNext = () => socket.write(waiting.shift() ?? "");
  socket.on("connect", sayNext).on("data", (chunk: string) => {
    said += chunk;
    if (chunk.endsWith(END)) sayNext();
  });
  await once(socket, "close");
  return said;
}

const request = (line: string, headers: string[], body = "") =>
  [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", body].join("\r\n");
const H2C = [
  "Connection: Upgrade, HTTP2-Settings",
  "Upgrade: h2c",
  "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
];

test.each([
  ["HTTP/2", H2C],
  ["a web socket", ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]],
])(
  "an offer of %s is left alone: the request is answered, and so are the next ones on its connection",
  async (_, offer) => {
    const said = await say([
      request("GET /first", offer),
      request("POST /second", [...offer, "Content-Length: 5"], "hello"),
      request("GET /third", ["Connection: close"]),
    ]);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 200"]);
    expect(said.match(/[A-Z]+ \/[a-z]+ .*?;/g)).toEqual([
      "GET /first ;",
      "POST /second hello;",
      "GET /third ;",
    ]);
  },
);
