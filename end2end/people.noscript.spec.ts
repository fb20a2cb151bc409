import { confirmationCode } from "./support/accounts.ts";
import { expect, test } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

test("a new user creates an account and signs in", async ({ people }) => {
  const { account, page } = await people.visitor("Ana");
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Handle").fill(account.handle);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Code").fill(confirmationCode);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/messages$/);
});

test("a refused form comes back with everything typed except the password", async ({ people }) => {
  const ana = await people.registered("Ana");
  ana.errors.expectStatus(422);
  await ana.open("/signin?next=%2Fmessages%2Fnew");
  await ana.submitSignIn("not the password 1A");
  await expect(ana.page.getByLabel("Password")).toHaveAccessibleDescription(/Wrong e-mail or password/);
  await expect(ana.page.getByLabel("E-mail")).toHaveValue(ana.account.email);
  await expect(ana.page.getByLabel("Password")).toHaveValue("");
  await ana.submitSignIn();
  await expect(ana.page).toHaveURL(/\/messages\/new$/);
});

test("a user finds another user and they exchange messages", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  await ana.page.getByRole("link", { name: "New message" }).first().click();
  await ana.page.getByRole("searchbox", { name: /^To: name/ }).fill(ben.account.handle);
  await ana.page.getByRole("button", { name: "Search" }).click();
  await ana.page.getByRole("link", { name: ben.account.handle }).click();
  await ana.send("hello Ben");
  await expect(ana.messages).toHaveText(["hello Ben"]);

  await ben.open("/messages");
  await ben.page.getByRole("link", { name: "1 message request" }).click();
  await ben.page.getByRole("link", { name: ana.account.handle }).click();
  await ben.page.getByRole("button", { name: "Accept" }).click();
  await expect(ben.messages).toHaveText(["hello Ben"]);
  await ben.send("hello Ana");
  await expect(ben.messages).toHaveText(["hello Ben", "hello Ana"]);
});

test("a refused message comes back in the field", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  ana.errors.expectStatus(422);
  await ana.startConversation(ben, "hello");
  const tooLong = "</textarea>" + "a".repeat(1014);
  await ana.send(tooLong);
  await expect(ana.composer).toHaveAccessibleDescription(/at most 1024 characters/);
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await expect(ana.page.getByText("at most 1024 characters")).toHaveCount(1);
  await expect(ana.composer).toHaveValue(tooLong);
  await ana.send("shorter");
  await expect(ana.messages).toHaveText(["hello", "shorter"]);
});

test("a form that is posted twice stores one message", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  const id = await ana.page.locator("input[name=id]").inputValue();
  const form = { conversation: path.split("/").at(-1) ?? "", id, body: "only once" };
  for (let n = 0; n < 2; n++) {
    await ana.page.evaluate(
      async ([path, form]) => void (await fetch(path, { method: "POST", body: new URLSearchParams(form) })),
      [path, form] as const,
    );
  }
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "only once"]);
});

test("links lead to older messages as far as the first, and back to the newest", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  const texts = Array.from({ length: 24 }, (_, n) => `message ${n + 1}`);
  await ana.sendAll(path, texts);
  await ana.open(path);
  await expect(ana.messages).toHaveText(texts.slice(-20));
  await ana.page.getByRole("link", { name: "Older messages" }).click();
  await expect(ana.messages.first()).toHaveText("hello");
  await ana.page.getByRole("link", { name: "Newest messages" }).click();
  await expect(ana.messages.last()).toHaveText("message 24");
  await ana.page.locator(".date-form__summary").click();
  await ana.page.getByLabel("Show messages from").fill("2023-01-01");
  await ana.page.getByRole("button", { name: "Go", exact: true }).click();
  await expect(ana.messages.first()).toHaveText("hello");
});

test("a conversation with hundreds of unread messages opens at the first, and links lead to the newest", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await insertMessages(path, 260);
  await ben.open(path);
  const line = ben.page.getByText("New messages", { exact: true });
  await expect(ben.page.locator(".unread-line + .message .message__text")).toHaveText("hello");
  await expect(ben.messages.last()).toHaveText("message 100");
  await ben.page.getByRole("link", { name: "Newer messages" }).click();
  await expect(ben.messages.first()).toHaveText("message 101");
  await expect(line).toHaveCount(0);
  await ben.page.getByRole("link", { name: "Newest messages" }).click();
  await expect(ben.messages.last()).toHaveText("message 260");
  await expect(line).toHaveCount(0);
});

test("signing out works without script", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(ana.page).toHaveURL(/\/signin/);
});
