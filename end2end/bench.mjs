// The measurements of bin/bench, against a server in its release build that has the people of `admin setup`.
//
//   node bench.mjs pages http://127.0.0.1:PORT
//   node bench.mjs sends http://127.0.0.1:PORT LOG     what the server logs, in JSON, with the time of each answer

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const [what, origin, log] = process.argv.slice(2);
const password = "Cruddur-local-1";
const { cookie, page } = await signIn("ana@example.com");

if (what === "sends") {
  await compareSends();
} else {
  compareRates();
  await measureFirstVisits();
}

/** Signs in; answers with the cookie and with the path of the newest conversation. */
async function signIn(email) {
  const answer = await post("/rpc/sign_in", { email, password, next: "" });
  const cookie = answer.headers.getSetCookie()[0].split(";")[0];
  const list = await (await fetch(`${origin}/messages`, { headers: { cookie } })).text();
  const page = list.match(/href="(\/messages\/[0-9a-f-]{36})"/)?.[1];
  return { cookie, page };
}

async function post(path, fields, cookie = "") {
  const headers = { origin, ...(cookie && { cookie }) };
  const answer = await fetch(origin + path, { method: "POST", headers, body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  await answer.clone().arrayBuffer();
  return answer;
}

/** How many conversation pages a second, and how that compares to an answer that does nothing. */
function compareRates() {
  const nothing = load(`${origin}/healthz`);
  const conversation = load(origin + page, "-H", `cookie: ${cookie}`);
  console.log(`/healthz: ${nothing.rate.toFixed(0)} requests/s, p50 ${nothing.p50}, p99 ${nothing.p99}`);
  console.log(`A conversation's page (20 messages, signed in): ${conversation.rate.toFixed(0)} requests/s, p50 ${conversation.p50}, p99 ${conversation.p99}`);
  console.log(`The page's rate as a share of /healthz's: ${((100 * conversation.rate) / nothing.rate).toFixed(1)} %`);
}

/** Eight connections that ask one after the other, for eight seconds; an option given again counts. */
function load(url, ...options) {
  const text = execFileSync("wrk", ["-t1", "-c8", "-d8s", "--latency", ...options, url], { encoding: "utf8" });
  if (/Non-2xx/.test(text)) throw new Error(`${url}: ${text}`);
  const [, rate] = text.match(/Requests\/sec:\s+([\d.]+)/);
  const percentile = (which) => text.match(new RegExp(`^ +${which}% +(\\S+)`, "m"))[1];
  return { rate: Number(rate), p50: percentile(50), p99: percentile(99) };
}

/** What a send costs the server above the one transaction that it cannot do without, straight to the local DynamoDB. */
async function compareSends() {
  for (const who of ["ana", "ben"]) {
    const me = who === "ana" ? { cookie, page } : await signIn(`${who}@example.com`);
    const conversation = me.page.split("/").at(-1);
    // Fewer than what is allowed at once.
    for (let n = 0; n < 25; n++) {
      await post("/rpc/send_message", { conversation, id: randomUUID(), body: `bench ${n}` }, me.cookie);
    }
  }
  const script = fileURLToPath(new URL("transaction.lua", import.meta.url));
  const raw = milliseconds(load(process.env.AWS_ENDPOINT_URL_DYNAMODB, "-c1", "-d3s", "-s", script).p50);
  const send = median(timesOf("/rpc/send_message"));
  console.log(`A send, in the server: ${send.toFixed(2)} ms; the raw transaction of three rows: ${raw.toFixed(2)} ms (medians)`);
  console.log(`A send as a multiple of the raw transaction: ${(send / raw).toFixed(1)}`);
}

/** How many milliseconds each answer of a route took, from the request's head to the answer's. */
function timesOf(route) {
  const lines = readFileSync(log, "utf8").split("\n").filter((line) => line.includes(route) && line.includes("latency"));
  if (lines.length !== 50) throw new Error(`${lines.length} answers of ${route} in the log, where 50 were given`);
  return lines.map((line) => milliseconds(JSON.parse(line).latency));
}

/** The milliseconds of `1234 μs`, `1.23ms` or `980.00us`. */
function milliseconds(text) {
  const [, number, unit] = text.match(/^([\d.]+)\s*([muμ])s$/);
  return Number(number) / (unit === "m" ? 1 : 1000);
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1];
}

/** What a visit loads with nothing there from before, and what of it must be there before the page can be read. */
async function measureFirstVisits() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
  const visit = async (what, path, cookies) => {
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
    report(what, files);
  };
  const [name, value] = cookie.split(/=(.*)/s);
  const session = { name, value, domain: new URL(origin).hostname, path: "/", secure: true, httpOnly: true, sameSite: "Lax" };
  await visit("A first visit, which is to the sign-in", "/signin", []);
  await visit("A conversation, with nothing there from before", page, [session]);
  await browser.close();
}

function report(what, files) {
  console.log(`${what}, by file: bytes raw, as sent (compressed)`);
  for (const { path, raw, sent, blocks } of files) {
    console.log(`  ${String(raw).padStart(8)} ${String(sent).padStart(8)}  ${blocks ? "before reading" : "after"}  ${path}`);
  }
  const sum = (key) => files.reduce((total, file) => total + file[key], 0);
  console.log(`  ${String(sum("raw")).padStart(8)} ${String(sum("sent")).padStart(8)}  in all, ${files.length} requests`);
  console.log(`  Requests before it is readable: ${files.filter((file) => file.blocks).length}`);
}
