import { createHmac, randomInt } from "node:crypto";
import { someAddress } from "./addresses.ts";
import { address, variable } from "./server.ts";

/** Somebody who can sign in. */
export interface Account {
  name: string;
  handle: string;
  email: string;
  password: string;
}

/** The code that the local Cognito sends by e-mail to everybody. */
export const code = "123456";
/** The code that it sends for a new password. */
export const resetCode = "654321";

/** A person nobody else has met: each test has people of its own, so that no test disturbs another. */
export function stranger(name: string): Account {
  const handle = `${name.toLowerCase().replace(/[^a-z].*/, "")}-${randomInt(2 ** 40).toString(36)}`;
  return { name, handle, email: `${handle}@example.com`, password: "correct horse 1 Battery" };
}

/** Makes a confirmed account. These calls need no key: a browser could make them too. */
export async function register(account: Account): Promise<Account> {
  const client = { ClientId: variable("AWS_COGNITO_USER_POOL_CLIENT_ID"), Username: account.email, ...secretHash(account.email) };
  const attributes = { email: account.email, name: account.name, preferred_username: account.handle };
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await call("SignUp", { ...client, Password: account.password, UserAttributes });
  await call("ConfirmSignUp", { ...client, ConfirmationCode: code });
  return account;
}

/** The cookie of a session, as a browser takes it. */
interface SessionCookie {
  name: string;
  value: string;
  url: string;
  secure: true;
  httpOnly: true;
  sameSite: "Lax";
}

/** Signs in without a browser: from then on others can find the person. */
export async function firstSignIn(account: Account): Promise<SessionCookie> {
  const answer = await fetch(`${address}/rpc/sign_in`, {
    method: "POST",
    headers: { "x-forwarded-for": someAddress() },
    body: new URLSearchParams({ email: account.email, password: account.password, next: "" }),
  });
  const [, name, value] = /^(__Host-[^=]+)=([^;]+)/.exec(answer.headers.getSetCookie()[0] ?? "") ?? [];
  if (!answer.ok || !name || !value) throw new Error(`sign_in: ${answer.status} ${await answer.text()}`);
  // What a browser takes from 127.0.0.1 as from a secure place, its remote control takes from https only.
  return { name, value, url: address.replace("http:", "https:"), secure: true, httpOnly: true, sameSite: "Lax" };
}

/** Proof that the caller knows the client's secret, where it has one. */
function secretHash(username: string): { SecretHash?: string } {
  const secret = process.env.AWS_COGNITO_USER_POOL_CLIENT_SECRET;
  if (!secret) return {};
  const hash = createHmac("sha256", secret).update(username + variable("AWS_COGNITO_USER_POOL_CLIENT_ID"));
  return { SecretHash: hash.digest("base64") };
}

/** How often the local Cognito is asked again: it can trip over two requests at once, and then says 500. */
const TRIES_MAX = 5;

async function call(action: string, body: object, tries = 1): Promise<void> {
  const answer = await fetch(variable("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
  });
  if (answer.status === 500 && tries < TRIES_MAX) return call(action, body, tries + 1);
  const text = await answer.text();
  // It may have done it all the same.
  const done = answer.ok || (tries > 1 && text.includes("UsernameExistsException"));
  if (!done) throw new Error(`${action}: ${answer.status} ${text}`);
}
