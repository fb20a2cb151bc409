import { serverUrl } from "./server.ts";

/** Global set-up: `cargo leptos end-to-end` starts the tests together with the server, before the server is ready. */
export default async function waitForServer(): Promise<void> {
  await waitUntilReady(serverUrl);
}

/** Waits until the server's readiness check succeeds. */
export async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown = "no response";
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/readyz`);
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url}/readyz was not ready within a minute: ${last}`);
}
