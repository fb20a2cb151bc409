import { randomUUID } from "node:crypto";
import { requireEnv } from "./server.ts";

type Attribute = { S: string } | { N: string } | { SS: string[] };
type Row = Record<string, Attribute>;

/** Maximum number of rows in a `BatchWriteItem` call. */
const BATCH_ROWS_MAX = 25;

/**
 * Inserts messages from the conversation's last sender directly into the table, `message 1`, `message 2` and so on. The
 * server would deny so many in so short a time, and it would publish them to open pages; these are not published.
 */
export async function insertMessages(path: string, count: number): Promise<void> {
  const pk = { S: `MSG#${path.split("/").at(-1)}` };
  const last = await newestRow(pk);
  const seq = Number(text(last, "seq"));
  // One microsecond apart, so that even thousands of messages stay in the past.
  const begin = Date.parse(text(last, "sk")) + 1;
  const rows = Array.from({ length: count }, (_, n): Row => {
    const time = new Date(begin + Math.floor(n / 1000)).toISOString().replace("Z", `${String(n % 1000).padStart(3, "0")}+00:00`);
    return { ...last, sk: { S: time }, seq: { N: String(seq + n + 1) }, message: { S: `message ${n + 1}` }, message_uuid: { S: randomUUID() } };
  });
  const table = tableName();
  for (let n = 0; n < rows.length; n += BATCH_ROWS_MAX) {
    const requests = rows.slice(n, n + BATCH_ROWS_MAX).map((Item) => ({ PutRequest: { Item } }));
    await callDynamoDb("BatchWriteItem", { RequestItems: { [table]: requests } });
  }
  const end = rows[rows.length - 1];
  if (!end) return;
  await callDynamoDb("UpdateItem", {
    TableName: table,
    Key: { pk, sk: { S: "HEAD" } },
    UpdateExpression: "SET seq = :seq, last_sk = :last",
    ExpressionAttributeValues: { ":seq": end.seq, ":last": end.sk },
  });
}

/** Returns the path of the page of a message: the newest one, or the one with this sequence number. */
export async function messagePage(path: string, seq?: number): Promise<string> {
  const pk = { S: `MSG#${path.split("/").at(-1)}` };
  const row = seq ? (await messageRows(pk, true, seq)).at(-1) : await newestRow(pk);
  if (!row) throw new Error(`the conversation has no message ${seq}`);
  return `${path}/message/${text(row, "sk").replace("+00:00", "Z")}/${text(row, "message_uuid")}`;
}

/** Returns the path of a conversation whose composer answers the newest message, or the one with this sequence number. */
export async function replyPath(path: string, seq?: number): Promise<string> {
  return `${path}?reply=${(await messagePage(path, seq)).split("/").slice(-2).join("_")}`;
}

/** Replaces the other member of a direct conversation by a user who is not in the database any more. */
export async function loseOtherMember(path: string, me: string): Promise<void> {
  await callDynamoDb("UpdateItem", {
    TableName: tableName(),
    Key: { pk: { S: `MSG#${path.split("/").at(-1)}` }, sk: { S: "HEAD" } },
    UpdateExpression: "SET members = :members",
    ExpressionAttributeValues: { ":members": { SS: [me, randomUUID()] } },
  });
}

/** Returns the row of the newest message in a conversation. */
async function newestRow(pk: Attribute): Promise<Row> {
  const [row] = await messageRows(pk, false, 1);
  if (!row) throw new Error("the conversation has no messages yet");
  return row;
}

/** Returns the rows of the first messages of a conversation, or of its newest ones, newest first. */
async function messageRows(pk: Attribute, first: boolean, count: number): Promise<Row[]> {
  const result = await callDynamoDb("Query", {
    TableName: tableName(),
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: { ":pk": pk, ":from": { S: "0" }, ":to": { S: ":" } },
    ScanIndexForward: first,
    Limit: count,
  });
  return result.Items as Row[];
}

function tableName(): string {
  return process.env.DDB_MESSAGE_TABLE ?? "cruddur-messages";
}

function text(row: Row, name: string): string {
  return Object.values(row[name] ?? {})[0] ?? "";
}

async function callDynamoDb(action: string, body: object): Promise<Record<string, unknown>> {
  // The local DynamoDB finds the tables by the access key and does not check the signature.
  const credential = `${requireEnv("AWS_ACCESS_KEY_ID")}/20260101/${requireEnv("AWS_REGION")}/dynamodb/aws4_request`;
  const response = await fetch(requireEnv("AWS_ENDPOINT_URL_DYNAMODB"), {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-date": "20260101T000000Z",
      "x-amz-target": `DynamoDB_20120810.${action}`,
    },
    body: JSON.stringify(body),
  });
  const responseText = await response.text();
  if (!response.ok) throw new Error(`${action}: ${response.status} ${responseText}`);
  return JSON.parse(responseText) as Record<string, unknown>;
}
