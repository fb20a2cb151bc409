// The measurements of bin/bench, against a server in its release build that has the people of `admin setup`.
//
//   node bench.mjs http://127.0.0.1:PORT

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chromium } from "@playwright/test";

const origin = process.argv[2];
const password = "Cruddur-local-1";
const { cookie, page } = await signIn("ana@example.com");

await compareRates();
await compareSends();
await measureFirstVisit();

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
async function compareRates() {
  const nothing = load("/healthz");
  const conversation = load(page, cookie);
  console.log(`/healthz: ${nothing.rate.toFixed(0)} requests/s, p50 ${nothing.p50}, p99 ${nothing.p99}`);
  console.log(`A conversation's page (20 messages, signed in): ${conversation.rate.toFixed(0)} requests/s, p50 ${conversation.p50}, p99 ${conversation.p99}`);
  console.log(`The page's rate as a share of /healthz's: ${((100 * conversation.rate) / nothing.rate).toFixed(1)} %`);
}

function load(path, cookie) {
  const header = cookie ? ["-H", `cookie: ${cookie}`] : [];
  const text = execFileSync("wrk", ["-t1", "-c8", "-d8s", "--latency", ...header, origin + path], { encoding: "utf8" });
  if (/Non-2xx/.test(text)) throw new Error(`${path}: ${text}`);
  const [, rate] = text.match(/Requests\/sec:\s+([\d.]+)/);
  const percentile = (which) => text.match(new RegExp(`${which}%\\s+(\\S+)`))[1];
  return { rate: Number(rate), p50: percentile(50), p99: percentile(99) };
}

/** What a send costs above the one transaction that it cannot do without. */
async function compareSends() {
  const sends = [];
  for (const who of ["ana", "ben"]) {
    const me = who === "ana" ? { cookie, page } : await signIn(`${who}@example.com`);
    const conversation = me.page.split("/").at(-1);
    // Fewer than what is allowed at once.
    for (let n = 0; n < 25; n++) {
      sends.push(await time(() => post("/rpc/send_message", { conversation, id: randomUUID(), body: `bench ${n}` }, me.cookie)));
    }
  }
  const raw = [];
  for (let n = 0; n < 100; n++) raw.push(await time(() => transact(n)));
  const [send, transaction] = [median(sends), median(raw)];
  console.log(`A send: ${send.toFixed(2)} ms; the raw transaction of three rows: ${transaction.toFixed(2)} ms (medians)`);
  console.log(`A send as a multiple of the raw transaction: ${(send / transaction).toFixed(1)}`);
}

/** The three rows of a send, straight to the local DynamoDB, which checks no signature. */
async function transact(n) {
  const row = (sk) => ({ Put: { TableName: "cruddur-messages", Item: { pk: { S: `BENCH#${n}` }, sk: { S: sk }, message: { S: `bench ${n}` } } } });
  const answer = await fetch(process.env.AWS_ENDPOINT_URL_DYNAMODB, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.TransactWriteItems",
      "x-amz-date": "20260101T000000Z",
      authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ TransactItems: [row("1"), row("2"), row("3")] }),
  });
  if (!answer.ok) throw new Error(`TransactWriteItems: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1];
}

/** What the first visit to a conversation loads, and what of it must be there before it can be read. */
async function measureFirstVisit() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
  const context = await browser.newContext();
  const [name, value] = cookie.split(/=(.*)/s);
  await context.addCookies([{ name, value, domain: new URL(origin).hostname, path: "/", secure: true, httpOnly: true, sameSite: "Lax" }]);
  const tab = await context.newPage();
  await tab.goto(origin + page);
  await tab.waitForSelector("html[data-hydrated]");
  const files = await tab.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((entry) => ({
      path: new URL(entry.name).pathname,
      raw: entry.decodedBodySize,
      sent: entry.encodedBodySize,
      blocks: entry.entryType === "navigation" || entry.renderBlockingStatus === "blocking",
    })),
  );
  await browser.close();
  console.log("A first visit to a conversation, by file: bytes raw, as sent (compressed)");
  for (const { path, raw, sent, blocks } of files) {
    console.log(`  ${String(raw).padStart(8)} ${String(sent).padStart(8)}  ${blocks ? "before reading" : "after"}  ${path}`);
  }
  const sum = (which, key) => which.reduce((total, file) => total + file[key], 0);
  console.log(`  ${String(sum(files, "raw")).padStart(8)} ${String(sum(files, "sent")).padStart(8)}  in all, ${files.length} requests`);
  console.log(`Requests before messages are readable: ${files.filter((file) => file.blocks).length}`);
}
