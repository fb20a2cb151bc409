import { address } from "./server.ts";

/** `cargo leptos end-to-end` starts the server and, at once, the tests: they wait until it can serve. */
export default async function ready(): Promise<void> {
  await answersReady(address);
}

/** Waits until the server at an address can serve. */
export async function answersReady(address: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown = "no answer";
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(`${address}/readyz`);
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${address}/readyz was not ready in a minute: ${last}`);
}
