// Requests of bin/bench: sign-in, forms, and load.

import { execFileSync } from "node:child_process";

/** Password of the users that `admin setup` creates. */
export const PASSWORD = "Cruddur-local-1";

/** Signs in. Returns the session cookie and the paths of the conversations in the list, newest first. */
export async function signIn(origin, email) {
  const response = await post(origin, "/rpc/sign_in", { email, password: PASSWORD, next: "" });
  const cookie = response.headers.getSetCookie()[0].split(";")[0];
  const list = await (await fetch(`${origin}/messages`, { headers: { cookie } })).text();
  const pages = [...list.matchAll(/href="(\/messages\/[0-9a-f-]{36})"/g)].map((match) => match[1]);
  return { cookie, pages };
}

/** Posts a form, and fails if the answer is an error. */
export async function post(origin, path, fields, cookie = "") {
  const headers = { origin, ...(cookie && { cookie }) };
  const response = await fetch(origin + path, { method: "POST", headers, body: new URLSearchParams(fields) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.clone().arrayBuffer();
  return response;
}

/** Loads a URL over eight connections for eight seconds. The caller's options come last and override these defaults. */
export function load(url, ...options) {
  const text = execFileSync("wrk", ["-t1", "-c8", "-d8s", "--latency", ...options, url], { encoding: "utf8" });
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${url}: ${text}`);
  const [, rate] = text.match(/Requests\/sec:\s+([\d.]+)/);
  const [, requests] = text.match(/(\d+) requests in/);
  const percentile = (percent) => text.match(new RegExp(`^ +${percent}% +(\\S+)`, "m"))[1];
  return { rate: Number(rate), requests: Number(requests), p50: percentile(50), p99: percentile(99) };
}

/** Parses a duration such as `1234 μs`, `1.23ms` or `980.00us` into milliseconds. */
export function milliseconds(text) {
  const [, number, unit] = text.match(/^([\d.]+)\s*([muμ]?)s$/);
  return Number(number) * { "": 1000, m: 1, u: 0.001, μ: 0.001 }[unit];
}

/** Calls the local DynamoDB, which finds the tables by the access key and does not check the signature. */
export async function callDynamoDb(action, body) {
  const { AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB } = process.env;
  const credential = `${AWS_ACCESS_KEY_ID}/20260101/${AWS_REGION}/dynamodb/aws4_request`;
  const response = await fetch(AWS_ENDPOINT_URL_DYNAMODB, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-date": "20260101T000000Z",
      "x-amz-target": `DynamoDB_20120810.${action}`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Returns the number in the middle. */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
