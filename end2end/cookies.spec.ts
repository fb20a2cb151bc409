import { chromium, type LaunchOptions } from "@playwright/test";
import { expect, test } from "./support/people.ts";
import type { Account } from "./support/accounts.ts";
import { serverUrl } from "./support/server.ts";

// F24
test("on a plain http address of the network the sign-in page says why it has no effect", async ({ people, launchOptions }) => {
  await signInOnTheNetwork((await people.registered("Ana")).account, launchOptions, true);
});

// F24
test("without script the sign-in page of such an address says so as well", async ({ people, launchOptions }) => {
  await signInOnTheNetwork((await people.registered("Ana")).account, launchOptions, false);
});

/** Signs in under a name of the local network. It is no secure context: browsers store no `Secure` cookie from it. */
async function signInOnTheNetwork(account: Account, options: LaunchOptions, javaScriptEnabled: boolean): Promise<void> {
  const address = new URL(serverUrl);
  address.hostname = "messages.lan";
  const args = [...(options.args ?? []), "--host-resolver-rules=MAP messages.lan 127.0.0.1"];
  const browser = await chromium.launch({ ...options, args });
  try {
    const page = await (await browser.newContext({ baseURL: address.origin, javaScriptEnabled })).newPage();
    await page.goto("/messages/new?q=be");
    if (javaScriptEnabled) await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
    await page.getByLabel("E-mail").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("did not keep the cookie");
    await expect(page.getByRole("alert")).toContainText("https://");
    await expect(page).toHaveURL(/next=%2Fmessages%2Fnew%3Fq%3Dbe/);
  } finally {
    await browser.close();
  }
}
