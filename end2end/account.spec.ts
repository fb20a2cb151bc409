import { expectAccessible } from "./support/accessible.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";

test("a session that is ended in the settings is signed out in its browser", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const other = (await people.visitor("Ana")).handOver(ana.account);
  await other.signIn();
  await ana.open("/settings");
  await ana.page.getByRole("link", { name: "Sessions" }).click();
  await expect(ana.page.getByRole("heading", { name: "Sessions" })).toBeVisible();
  await expect(ana.page.getByText("Now, in this browser")).toHaveCount(1);
  await expectAccessible(ana.page);
  await ana.page.getByRole("button", { name: /^End session/ }).click();
  await expect(ana.page.getByText("Session ended.")).toBeVisible();
  await expect(ana.page.getByRole("button", { name: /^End session/ })).toHaveCount(0);
  other.errors.expectStatus(401);
  await other.page.goto("/messages");
  await expect(other.page).toHaveURL(/\/signin/);
  await ana.open("/messages");
  await expect(ana.page.getByText("You have no conversations yet.")).toBeVisible();
});

test("a new name appears on the open pages of both members", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.open("/messages");
  const tab = await ben.inAnotherTab();
  await tab.open(path);
  const name = ben.page.locator(".conversation__name bdi").first();
  await expect(name).toHaveText("Ana");
  const own = await ana.inAnotherTab();
  await own.open("/messages");
  await ana.open("/settings/profile");
  await expectAccessible(ana.page);
  await ana.page.getByLabel("Name").fill("Ana Lúcia");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.getByText("Name and handle saved.")).toBeVisible();
  await expect(name).toHaveText("Ana Lúcia");
  await expect(tab.page.getByRole("heading", { level: 1 })).toHaveText("Ana Lúcia");
  await expect(tab.page.getByText("This is the beginning of your conversation with Ana Lúcia.")).toBeVisible();
  await expect(tab.page.locator(".block-forms__panel p").first()).toContainText("Block Ana Lúcia?");
  await expect(own.page.locator(".account__summary")).toContainText("Ana Lúcia");
});

test("a handle of another user is refused beside its field", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.registered("Ben")]);
  await ben.signInDirectly();
  ana.errors.expectStatus(422);
  await ana.open("/settings/profile");
  await ana.page.getByLabel("Handle").fill(ben.account.handle);
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.getByLabel("Handle")).toHaveAccessibleDescription(/This handle is taken/);
  await expect(ana.page.getByLabel("Handle")).toBeFocused();
  await expectAccessible(ana.page);
});

test("the password is changed with the current one only", async ({ people }) => {
  const ana = await people.visitor("Ana");
  const account = (await people.registered("Ana")).account;
  const signedIn = ana.handOver(account);
  await signedIn.signIn();
  signedIn.errors.expectStatus(422);
  const { page } = signedIn;
  await signedIn.open("/settings/password");
  await page.getByLabel("Current password").fill("not the password 1A");
  await page.getByLabel("New password").fill(`${account.password}2`);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByLabel("Current password")).toHaveAccessibleDescription(/Wrong password/);
  await expectAccessible(page);
  await page.getByLabel("Current password").fill(account.password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Password changed.")).toBeVisible();
});

test("a page of settings to which Back leads shows what is stored", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const { page } = ana;
  await ana.open("/settings");
  const receipts = page.getByLabel("Delivery and read receipts");
  const save = async () => {
    // The address may be the same as before.
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Save" }).click();
    await loaded;
    await ana.waitUntilHydrated();
  };
  for (const change of ["uncheck", "check"] as const) {
    await receipts[change]();
    await save();
    await expect(receipts).toBeChecked({ checked: change === "check" });
  }
  await page.goBack();
  await ana.waitUntilHydrated();
  await expect(receipts).toBeChecked();
  await page.getByLabel("Online status").uncheck();
  await save();
  await expect(page.getByText("Settings saved.")).toBeVisible();
  await ana.open("/settings");
  await expect(receipts).toBeChecked();
  await expect(page.getByLabel("Online status")).not.toBeChecked();
});

test("what is unsent is sent from the settings, and shown there until then", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  ana.errors.expectNetworkFailure();
  await ana.page.route("**/rpc/send_message", (route) => route.abort("internetdisconnected"));
  await ana.send("on its way");
  await expect(ana.page.locator(".message--unsent")).toBeVisible();
  await ana.openAccountMenu();
  await ana.page.getByRole("link", { name: "Settings" }).click();
  await expect(ana.page.getByRole("region", { name: "Unsent messages" })).toContainText("on its way");
  await expectAccessible(ana.page);
  await ana.page.unroute("**/rpc/send_message");
  await expect(ben.messages.last()).toHaveText("on its way", { timeout: 30_000 });
  await expect(ana.page.getByRole("region", { name: "Unsent messages" })).toHaveCount(0);
});
