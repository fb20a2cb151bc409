// The HTTP and browser measurements of bin/bench. They need a release build of the server with the users that
// `admin setup` creates.
//
//   node bench.mjs pages http://127.0.0.1:PORT
//   node bench.mjs sends http://127.0.0.1:PORT LOG     LOG: the server's log in JSON, with the latency of each response

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { load, median, milliseconds, post, signIn } from "./support/bench.mjs";

const [measurement, origin, logFile] = process.argv.slice(2);
const { cookie, pages: [page] } = await signIn(origin, "ana@example.com");

if (measurement === "sends") {
  await compareSends();
} else {
  compareRates();
  await measureFirstVisits();
}

/** Compares the rate of a conversation page to that of the health check, which does no work. */
function compareRates() {
  const health = load(`${origin}/healthz`);
  const conversation = load(origin + page, "-H", `cookie: ${cookie}`);
  console.log(`/healthz: ${health.rate.toFixed(0)} requests/s, p50 ${health.p50}, p99 ${health.p99}`);
  console.log(`Conversation page (20 messages, signed in): ${conversation.rate.toFixed(0)} requests/s, p50 ${conversation.p50}, p99 ${conversation.p99}`);
  console.log(`Page rate relative to /healthz: ${((100 * conversation.rate) / health.rate).toFixed(1)} %`);
}

/**
 * Compares the time of a send in the server to that of its transaction alone, sent directly to the local DynamoDB. Both
 * with a pause before each: processes that are busy all the time answer sooner.
 */
async function compareSends() {
  for (const name of ["ana", "ben"]) {
    const user = name === "ana" ? { cookie, pages: [page] } : await signIn(origin, `${name}@example.com`);
    const conversation = user.pages[0].split("/").at(-1);
    // Stays below the rate limit of a user.
    for (let n = 0; n < 25; n++) {
      await post(origin, "/rpc/send_message", { conversation, id: randomUUID(), body: `bench ${n}` }, user.cookie);
      // As long as a fast typist needs at least: the inbox rows of this message have moved by then.
      await setTimeout(50);
    }
  }
  const script = fileURLToPath(new URL("transaction.lua", import.meta.url));
  const raw = milliseconds(load(process.env.AWS_ENDPOINT_URL_DYNAMODB, "-c1", "-d4s", "-s", script).p50);
  const send = median(latenciesOf("/rpc/send_message"));
  console.log(`Send, in the server: ${send.toFixed(2)} ms; raw transaction of three rows: ${raw.toFixed(2)} ms (medians)`);
  console.log(`Send relative to the raw transaction: ${(send / raw).toFixed(1)}`);
}

/** Returns the latencies of a route in milliseconds, from the head of the request to the head of the response. */
function latenciesOf(route) {
  const lines = readFileSync(logFile, "utf8").split("\n").filter((line) => line.includes(route) && line.includes("latency"));
  if (lines.length !== 50) throw new Error(`${lines.length} responses of ${route} in the log, expected 50`);
  return lines.map((line) => milliseconds(JSON.parse(line).latency));
}

/** Measures the files that a visit with an empty cache loads, and which of them block rendering. */
async function measureFirstVisits() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
  const visit = async (title, path, cookies) => {
    const context = await browser.newContext();
    await context.addCookies(cookies);
    const tab = await context.newPage();
    await tab.goto(origin + path);
    await tab.waitForSelector("html[data-hydrated]");
    const files = await tab.evaluate(() =>
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((entry) => ({
        path: new URL(entry.name).pathname,
        raw: entry.decodedBodySize,
        sent: entry.encodedBodySize,
        blocks: entry.entryType === "navigation" || entry.renderBlockingStatus === "blocking",
      })),
    );
    await context.close();
    report(title, files);
  };
  const [name, value] = cookie.split(/=(.*)/s);
  const session = { name, value, domain: new URL(origin).hostname, path: "/", secure: true, httpOnly: true, sameSite: "Lax" };
  await visit("First visit, to the sign-in page", "/signin", []);
  await visit("Conversation page with an empty cache", page, [session]);
  await browser.close();
}

function report(title, files) {
  console.log(`${title}, by file: bytes raw, as sent (compressed)`);
  for (const { path, raw, sent, blocks } of files) {
    console.log(`  ${String(raw).padStart(8)} ${String(sent).padStart(8)}  ${blocks ? "render-blocking" : "later"}  ${path}`);
  }
  const sum = (key) => files.reduce((total, file) => total + file[key], 0);
  console.log(`  ${String(sum("raw")).padStart(8)} ${String(sum("sent")).padStart(8)}  total, ${files.length} requests`);
  console.log(`  Render-blocking requests: ${files.filter((file) => file.blocks).length}`);
}
