import { randomUUID } from "node:crypto";
import { variable } from "./server.ts";

type Attribute = { S: string } | { N: string };
type Row = Record<string, Attribute>;

/** How many rows DynamoDB takes at once. */
const BATCH = 25;

/**
 * Writes messages into a conversation as its last author, straight into the table: many more than the server takes from
 * one person in so short a time, and nobody's page is told. They are `message 1`, `message 2` and so on.
 */
export async function writeBehindTheServer(path: string, count: number): Promise<void> {
  const pk = { S: `MSG#${path.split("/").at(-1)}` };
  const last = await newest(pk);
  const seq = Number(text(last, "seq"));
  // In the past, and still after the last one: a microsecond apart.
  const begin = Date.parse(text(last, "sk")) + 1;
  const rows = Array.from({ length: count }, (_, n): Row => {
    const time = new Date(begin + Math.floor(n / 1000)).toISOString().replace("Z", `${String(n % 1000).padStart(3, "0")}+00:00`);
    return { ...last, sk: { S: time }, seq: { N: String(seq + n + 1) }, message: { S: `message ${n + 1}` }, message_uuid: { S: randomUUID() } };
  });
  const table = tableName();
  for (let n = 0; n < rows.length; n += BATCH) {
    const requests = rows.slice(n, n + BATCH).map((Item) => ({ PutRequest: { Item } }));
    await call("BatchWriteItem", { RequestItems: { [table]: requests } });
  }
  const end = rows[rows.length - 1];
  if (!end) return;
  await call("UpdateItem", {
    TableName: table,
    Key: { pk, sk: { S: "HEAD" } },
    UpdateExpression: "SET seq = :seq, last_sk = :last",
    ExpressionAttributeValues: { ":seq": end.seq, ":last": end.sk },
  });
}

/** The newest message of a conversation. */
async function newest(pk: Attribute): Promise<Row> {
  const answer = await call("Query", {
    TableName: tableName(),
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: { ":pk": pk, ":from": { S: "0" }, ":to": { S: ":" } },
    ScanIndexForward: false,
    Limit: 1,
  });
  const row = (answer.Items as Row[])[0];
  if (!row) throw new Error("nobody has written anything yet");
  return row;
}

function tableName(): string {
  return process.env.DDB_MESSAGE_TABLE ?? "cruddur-messages";
}

function text(row: Row, name: string): string {
  return Object.values(row[name] ?? {})[0] ?? "";
}

async function call(action: string, body: object): Promise<Record<string, unknown>> {
  // The key tells the local DynamoDB whose table is meant. It checks no signature.
  const credential = `${variable("AWS_ACCESS_KEY_ID")}/20260101/${variable("AWS_REGION")}/dynamodb/aws4_request`;
  const answer = await fetch(variable("AWS_ENDPOINT_URL_DYNAMODB"), {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-date": "20260101T000000Z",
      "x-amz-target": `DynamoDB_20120810.${action}`,
    },
    body: JSON.stringify(body),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${said}`);
  return JSON.parse(said) as Record<string, unknown>;
}
