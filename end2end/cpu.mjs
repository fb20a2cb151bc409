// CPU time of the server per request, for bin/bench: of one build, or of two builds in turn.
//
//   node cpu.mjs NAME=ORIGIN=PID [NAME=ORIGIN=PID]
//
// The servers share one database with the users that `admin setup` creates and the further users that bin/bench adds.
// Exits with status 1 if the first build takes more than the limits allow.

import { createHmac, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { load, median, PASSWORD, post, signIn } from "./support/bench.mjs";

/**
 * CPU time per request at most, as a multiple of a health check: a quarter more than docs/measurements.md has, because
 * repeated measurements of one build differ by 15 %.
 */
const LIMITS = {
  "sign-in page": 12,
  "list page": 105,
  "conversation page": 164,
  "the same, compressed": 228,
  "JSON groups": 45,
  "JSON messages": 20,
};

const ROUNDS = 3;
const SENDS = 20;
const builds = process.argv.slice(2).map((text) => {
  const [name, origin, pid] = text.split("=");
  return { name, origin, pid, times: {} };
});

const email = "ana@example.com";
const { cookie } = await signIn(builds[0].origin, email);
const target = await startConversations(builds[0].origin);
const { pages } = await signIn(builds[0].origin, email);
if (pages.length < 20) throw new Error(`${pages.length} conversations, expected 20`);
// The conversation with the sample messages is the oldest one.
const page = pages.at(-1);
const token = await accessToken(email);
const signedIn = ["-H", `cookie: ${cookie}`];
const bearer = ["-H", `authorization: Bearer ${token}`];
const requests = {
  "/healthz": ["/healthz"],
  "sign-in page": ["/signin"],
  "list page": ["/messages", ...signedIn],
  "conversation page": [page, ...signedIn],
  "the same, compressed": [page, ...signedIn, "-H", "accept-encoding: br"],
  "JSON groups": ["/api/message_groups", ...bearer],
  "JSON messages": [`/api${page}`, ...bearer],
};

for (let round = 0; round < ROUNDS; round++) {
  for (const [title, [path, ...options]] of Object.entries(requests)) {
    for (const build of builds) {
      // Fills caches.
      if (round === 0) load(build.origin + path, "-d1s", ...options);
      const before = cpu(build.pid);
      const { requests } = load(build.origin + path, "-d2s", ...options);
      (build.times[title] ??= []).push((cpu(build.pid) - before) / requests);
    }
  }
  for (const build of builds) (build.times["a send"] ??= []).push(await timeOfSend(build));
}
report();

/** Sends messages one after the other. Returns the CPU time of a send, with the work that follows its answer. */
async function timeOfSend({ origin, pid }) {
  const before = cpu(pid);
  for (let n = 0; n < SENDS; n++) {
    await post(origin, "/rpc/send_message", { conversation: target, id: randomUUID(), body: `bench ${n}` }, cookie);
  }
  await setTimeout(500);
  return (cpu(pid) - before) / SENDS;
}

/** Returns the CPU time that the threads of a process have used, in milliseconds. */
function cpu(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]));
  return times.reduce((sum, time) => sum + time) / 1e6;
}

/**
 * Starts conversations with the further users and with Cy. Returns the one with Cy, who accepts it: a request takes only
 * a few messages.
 */
async function startConversations(origin) {
  const handles = [...Array.from({ length: 18 }, (_, n) => `bench${n + 1}`), "cy"];
  let path;
  for (const handle of handles) {
    const fields = { handle, id: randomUUID(), body: `Hello ${handle}` };
    path = await (await post(origin, "/rpc/start_conversation", fields, cookie)).json();
  }
  const conversation = path.split("/").at(-1);
  const cy = await signIn(origin, "cy@example.com");
  await post(origin, "/rpc/accept_request", { conversation }, cy.cookie);
  return conversation;
}

/** Signs in at the user pool, as the programs that use the JSON API do. */
async function accessToken(email) {
  const { AWS_COGNITO_USER_POOL_CLIENT_ID: client, AWS_COGNITO_USER_POOL_CLIENT_SECRET: secret } = process.env;
  const proof = secret && createHmac("sha256", secret).update(email + client).digest("base64");
  const response = await fetch(process.env.AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    },
    body: JSON.stringify({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: client,
      AuthParameters: { USERNAME: email, PASSWORD, ...(proof && { SECRET_HASH: proof }) },
    }),
  });
  return (await response.json()).AuthenticationResult.AccessToken;
}

/** Prints the medians of all rounds, and their ratios to a health check. */
function report() {
  const width = 22;
  const heads = builds.map(({ name }) => `${name} ms`.padStart(14) + "× /healthz".padStart(12)).join("");
  console.log(`${"CPU per request".padEnd(width)}${heads}${"at most".padStart(10)}`);
  for (const title of Object.keys(builds[0].times)) {
    const times = builds.map((build) => median(build.times[title]));
    const ratios = builds.map((build, index) => times[index] / median(build.times["/healthz"]));
    const cells = times.map((time, index) => time.toFixed(3).padStart(14) + ratios[index].toFixed(1).padStart(12));
    const limit = LIMITS[title];
    const isTooMuch = limit && ratios[0] > limit;
    console.log(`${title.padEnd(width)}${cells.join("")}${String(limit ?? "").padStart(10)}${isTooMuch ? "  too much" : ""}`);
    if (isTooMuch) process.exitCode = 1;
  }
}
