// Opens a conversation with 1,000,000 messages and 10,000 changes, and one with 50 messages, in turn, for bin/bench large.
//
//   node large.mjs http://127.0.0.1:PORT
//
// Needs the users that `admin setup` creates and the further users that bin/bench adds.

import { randomUUID } from "node:crypto";
import { callDynamoDb, load, median, milliseconds, post, signIn } from "./support/bench.mjs";

const ROUNDS = 5;
/** Distance of the rows that lead from a sequence number to a time; `STEP` in milestones.rs. */
const MILESTONE_STEP = 64;
/** Number of the messages that are changed, twice each. */
const CHANGED = 5_000;
/** Maximum number of rows in a `BatchWriteItem` call. */
const BATCH_ROWS_MAX = 25;
/** Calls at once. */
const CALLS = 8;

const [origin] = process.argv.slice(2);
const table = process.env.DDB_MESSAGE_TABLE ?? "cruddur-messages";
const email = "ana@example.com";
const { cookie } = await signIn(origin, email);
const conversations = [await start("bench1", 50, 0), await start("bench2", 1_000_000, 10_000)];
const times = conversations.map(() => ({ newest: [], middle: [] }));
for (let round = 0; round < ROUNDS; round++) {
  conversations.forEach(({ path, middle }, index) => {
    for (const [place, page] of Object.entries({ newest: path, middle: `${path}?around=${encodeURIComponent(middle)}` })) {
      const { p50 } = load(origin + page, "-c1", "-d3s", "-H", `cookie: ${cookie}`);
      times[index][place].push(milliseconds(p50));
    }
  });
}
for (const place of ["newest", "middle"]) {
  const [small, large] = times.map((it) => median(it[place]));
  console.log(`Page with the ${place} messages: ${small.toFixed(2)} ms of 50, ${large.toFixed(2)} ms of 1,000,000, ratio ${(large / small).toFixed(2)}`);
}

/** Starts a conversation and writes its further messages, milestones and changes directly into the table. */
async function start(handle, messages, changes) {
  await post(origin, "/rpc/start_conversation", { handle, id: randomUUID(), body: "Hello" }, cookie);
  const path = (await signIn(origin, email)).pages[0];
  const pk = { S: `MSG#${path.split("/").at(-1)}` };
  const { Items: [first] } = await callDynamoDb("Query", {
    TableName: table,
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: { ":pk": pk, ":from": { S: "0" }, ":to": { S: ":" } },
  });
  const begin = Date.parse(first.sk.S);
  const timeOf = (seq) => {
    const micros = String(seq % 1000).padStart(3, "0");
    return new Date(begin + 1 + Math.floor(seq / 1000)).toISOString().replace("Z", `${micros}+00:00`);
  };
  const ids = Array.from({ length: CHANGED }, () => randomUUID());
  await writeAll(rows());
  await callDynamoDb("UpdateItem", {
    TableName: table,
    Key: { pk, sk: { S: "HEAD" } },
    UpdateExpression: "SET seq = :seq, last_sk = :last, rev = :rev",
    ExpressionAttributeValues: { ":seq": { N: String(messages) }, ":last": { S: timeOf(messages) }, ":rev": { N: String(changes) } },
  });
  return { path, middle: timeOf(messages >> 1).replace("+00:00", "Z") };

  /** The newest messages are the changed ones, so that every page with them has to read their changes. */
  function* rows() {
    for (let seq = 2; seq <= messages; seq++) {
      const sk = { S: timeOf(seq) };
      const age = messages - seq;
      const id = changes && age < CHANGED ? ids[age] : randomUUID();
      const message = { ...first, sk, seq: { N: String(seq) }, message: { S: `message ${seq}` }, message_uuid: { S: id } };
      if (changes && age < CHANGED) Object.assign(message, { changed: { N: String(changes - age) }, edits: { N: "1" }, edited_at: sk });
      yield message;
      if (seq % MILESTONE_STEP === 1) yield { pk, sk: { S: `SEQ#${String(seq).padStart(12, "0")}` }, message_sk: sk };
    }
    for (let rev = 1; rev <= changes; rev++) {
      const age = (changes - rev) % CHANGED;
      yield {
        pk,
        sk: { S: `REV#${String(rev).padStart(12, "0")}` },
        message_uuid: { S: ids[age] },
        message_sk: { S: timeOf(messages - age) },
        expires_at: { N: "4000000000" },
      };
    }
  }
}

/** Writes rows, some calls at once. */
async function writeAll(rows) {
  const worker = async () => {
    for (;;) {
      const batch = [];
      for (let row; batch.length < BATCH_ROWS_MAX && !(row = rows.next()).done; ) batch.push({ PutRequest: { Item: row.value } });
      if (batch.length === 0) return;
      await callDynamoDb("BatchWriteItem", { RequestItems: { [table]: batch } });
    }
  };
  await Promise.all(Array.from({ length: CALLS }, worker));
}
