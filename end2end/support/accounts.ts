import { createHmac, randomInt } from "node:crypto";
import { randomIpAddress } from "./addresses.ts";
import { requireEnv, serverUrl } from "./server.ts";

/** Credentials and profile of a test user. */
export interface Account {
  name: string;
  handle: string;
  email: string;
  password: string;
}

/** The code that the local Cognito sends by e-mail to confirm any new account. */
export const confirmationCode = "123456";
/** The code that the local Cognito sends by e-mail to reset any password. */
export const resetCode = "654321";

/** Returns an account with a unique handle. No two tests share a user, so no test disturbs another. */
export function newAccount(name: string): Account {
  const handle = `${name.toLowerCase().replace(/[^a-z].*/, "")}-${randomInt(2 ** 40).toString(36)}`;
  return { name, handle, email: `${handle}@example.com`, password: "correct horse 1 Battery" };
}

/** Signs the account up at Cognito and confirms it. These calls need no AWS credentials. */
export async function register(account: Account): Promise<Account> {
  const client = { ClientId: requireEnv("AWS_COGNITO_USER_POOL_CLIENT_ID"), Username: account.email, ...secretHash(account.email) };
  const attributes = { email: account.email, name: account.name, preferred_username: account.handle };
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await callCognito("SignUp", { ...client, Password: account.password, UserAttributes });
  await callCognito("ConfirmSignUp", { ...client, ConfirmationCode: confirmationCode });
  return account;
}

/** A session cookie in the form that browsers under test take. */
interface SessionCookie {
  name: string;
  value: string;
  url: string;
  secure: true;
  httpOnly: true;
  sameSite: "Lax";
}

/**
 * Signs in without a browser and returns the session cookie. Others can find a user after the first sign-in. Tries twice:
 * the local Cognito fails now and then, and the server then answers 503.
 */
export async function createSession(account: Account, attempt = 1): Promise<SessionCookie> {
  const response = await fetch(`${serverUrl}/rpc/sign_in`, {
    method: "POST",
    headers: { "x-forwarded-for": randomIpAddress() },
    body: new URLSearchParams({ email: account.email, password: account.password, next: "" }),
  });
  if (response.status === 503 && attempt === 1) return createSession(account, 2);
  const [, name, value] = /^(__Host-[^=]+)=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? "") ?? [];
  if (!response.ok || !name || !value) throw new Error(`sign_in: ${response.status} ${await response.text()}`);
  // Browsers accept a `Secure` cookie from http://127.0.0.1, but their remote control sets one for https URLs only.
  return { name, value, url: serverUrl.replace("http:", "https:"), secure: true, httpOnly: true, sameSite: "Lax" };
}

/** Returns the proof that the caller knows the client's secret; empty if the client has no secret. */
function secretHash(username: string): { SecretHash?: string } {
  const secret = process.env.AWS_COGNITO_USER_POOL_CLIENT_SECRET;
  if (!secret) return {};
  const hash = createHmac("sha256", secret).update(username + requireEnv("AWS_COGNITO_USER_POOL_CLIENT_ID"));
  return { SecretHash: hash.digest("base64") };
}

/** Maximum number of attempts per call: the local Cognito sometimes fails with 500 on two requests at the same time. */
const ATTEMPTS_MAX = 5;

async function callCognito(action: string, body: object, attempt = 1): Promise<void> {
  const response = await fetch(requireEnv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
  });
  if (response.status === 500 && attempt < ATTEMPTS_MAX) return callCognito(action, body, attempt + 1);
  const text = await response.text();
  // An attempt that failed with 500 may still have created the user.
  const done = response.ok || (attempt > 1 && text.includes("UsernameExistsException"));
  if (!done) throw new Error(`${action}: ${response.status} ${text}`);
}
