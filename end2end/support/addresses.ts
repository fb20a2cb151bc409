import { randomInt } from "node:crypto";

/** An address to come from. The server under test believes `X-Forwarded-For` (TRUSTED_PROXIES=1). */
export function someAddress(): string {
  return [10, randomInt(256), randomInt(256), randomInt(1, 255)].join(".");
}
