import { randomInt } from "node:crypto";

/** Returns a random client address. The server under test trusts `X-Forwarded-For` (TRUSTED_PROXIES=1). */
export function randomIpAddress(): string {
  return [10, randomInt(256), randomInt(256), randomInt(1, 255)].join(".");
}
