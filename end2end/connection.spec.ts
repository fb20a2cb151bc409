// Loss of the event stream while the rest works, as with a proxy that does not pass streams on.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { createSession } from "./support/accounts.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { serverUrl } from "./support/server.ts";

/** Maximum number of streams of one user on a server. */
const STREAMS_MAX = 24;

/** A proxy whose open connections can be silenced: they stay open, and nothing comes from the server any more. */
class SilentProxy {
  readonly #clients = new Set<Socket>();
  readonly #listener = createServer((client) => {
    const { hostname, port } = new URL(serverUrl);
    const server = connect(Number(port), hostname);
    this.#clients.add(client);
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
      socket.pipe(other);
    }
    client.on("close", () => this.#clients.delete(client));
    client.on("silence", () => server.unpipe(client));
  });

  async start(): Promise<string> {
    await once(this.#listener.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  silence(): void {
    for (const client of this.#clients) client.emit("silence");
  }

  stop(): void {
    for (const client of this.#clients) client.destroy();
    this.#listener.close();
  }
}

// F17
test("if the stream is never answered, the page says so and asks for messages", async ({ people }) => {
  test.setTimeout(120_000);
  const { ana, ben, path } = await directConversation(people);
  await ben.page.route("**/events*", () => {});
  await ben.open(path);
  await expect(ben.page.getByText("No connection.")).toBeVisible({ timeout: 45_000 });
  await ana.send("without a stream");
  await expect(ben.messages).toHaveText(["Are you there?", "without a stream"], { timeout: 45_000 });
  await ben.page.unroute("**/events*");
  await expect(ben.page.getByText("No connection.")).toBeHidden({ timeout: 45_000 });
});

// F17
test("if the stream falls silent, the page says so within 45 seconds and asks for messages", async ({ people }) => {
  test.setTimeout(150_000);
  const { ana, ben, path } = await directConversation(people);
  const proxy = new SilentProxy();
  const url = await proxy.start();
  ben.errors.expectNetworkFailure();
  await ben.open(url + path);
  await expect(ben.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await ben.page.route("**/events*", () => {});
  proxy.silence();
  await expect(ben.page.getByText("No connection.")).toBeVisible({ timeout: 45_000 });
  await ana.send("in the silence");
  await expect(ben.messages).toHaveText(["Are you there?", "in the silence"], { timeout: 45_000 });
  await ben.page.close();
  proxy.stop();
});

test("what could not be loaded without a connection loads once there is one", async ({ people }) => {
  const { ben, path } = await directConversation(people);
  ben.errors.expectNetworkFailure();
  await ben.open("/messages");
  const { page } = ben;
  for (const url of ["**/events*", "**/rpc/open_conversation"]) await page.route(url, (route) => route.abort());
  await page.context().setOffline(true);
  await expect(page.getByText("No connection.")).toBeVisible();
  await page.context().setOffline(false);
  await ben.conversations.first().click();
  await expect(page.getByRole("heading", { name: "This conversation couldn't be loaded" })).toBeVisible();
  await page.unroute("**/rpc/open_conversation");
  await page.unroute("**/events*");
  await expect(ben.messages).toHaveText(["Are you there?"], { timeout: 40_000 });
  await expect(page).toHaveURL(path);
});

test("what a rate limit has denied loads after the time that the server names", async ({ people }) => {
  const { ben } = await directConversation(people);
  ben.errors.expectStatus(429);
  await ben.open("/messages");
  const denial = { status: 429, headers: { "retry-after": "3" }, json: { RateLimited: { retry_after_secs: 3 } } };
  await ben.page.route("**/rpc/open_conversation", (route) => route.fulfill(denial), { times: 1 });
  await ben.conversations.first().click();
  await expect(ben.page.getByText("Too many attempts. Try again in 3 seconds.")).toBeVisible();
  await expect(ben.messages).toHaveText(["Are you there?"]);
});

test("a page whose stream is denied opens it again by itself", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  ben.errors.expectStatus(429);
  const denial = { status: 429, headers: { "retry-after": "1" }, json: { RateLimited: { retry_after_secs: 1 } } };
  await ben.page.route("**/events*", (route) => route.fulfill(denial), { times: 1 });
  await ben.open(path);
  await expect(ben.page.locator(".thread__handle").getByTitle("Online")).toBeVisible({ timeout: 20_000 });
  await ana.send("after the denial");
  await expect(ben.messages).toHaveText(["Are you there?", "after the denial"]);
});

// F18
test("a page reconnects although the clock of the computer is set back", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  ben.errors.expectNetworkFailure();
  await ben.open(path);
  await ben.page.route("**/events*", (route) => route.abort());
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  await ben.page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() - 3_600_000;
  });
  await ben.page.context().setOffline(false);
  await ben.page.waitForRequest("**/events*");
  await ben.page.unroute("**/events*");
  await expect(ben.page.getByText("No connection.")).toBeHidden({ timeout: 20_000 });
  await ana.send("an hour ago");
  await expect(ben.messages).toHaveText(["Are you there?", "an hour ago"]);
});

// F21
test("a page that loses its stream comes back after a random time", async ({ people }) => {
  const { ben, path } = await directConversation(people);
  const times: number[] = [];
  await ben.page.route("**/events*", (route) => {
    times.push(Date.now());
    // Opens, and ends at once, as at a restart of the server.
    return route.fulfill({ contentType: "text/event-stream", body: "event: hello\ndata: hello\n\n" });
  });
  await ben.open(path);
  await expect.poll(() => times.length, { timeout: 45_000 }).toBeGreaterThan(8);
  const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  expect(Math.min(...pauses), `${pauses}`).toBeGreaterThan(900);
  // A timer that ticks for all purposes would round them.
  const distances = pauses.map((pause) => Math.abs(pause - 1000 * Math.round(pause / 1000)));
  expect(Math.max(...distances), `${pauses}`).toBeGreaterThan(150);
});

// F19
test("a page whose stream gives way to others says so, and takes it back", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await expect(ben.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  const { name, value } = await createSession(ben.account);
  const others = new AbortController();
  for (let n = 0; n < STREAMS_MAX; n++) {
    const { status } = await fetch(`${serverUrl}/events`, { headers: { cookie: `${name}=${value}` }, signal: others.signal });
    expect(status).toBe(200);
  }
  const note = ben.page.getByText("New messages come late here");
  await expect(note).toBeVisible();
  await ben.page.getByRole("button", { name: "Use it here" }).click();
  await expect(note).toBeHidden();
  await ana.send("here again");
  await expect(ben.messages).toHaveText(["Are you there?", "here again"]);
  others.abort();
});
