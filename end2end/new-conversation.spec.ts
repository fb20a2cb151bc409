import { expect, test } from "./support/people.ts";

test("people are found by handle and by name, as you type", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Benedikta Zwierlein");
  await ana.open("/messages/new");
  const search = ana.page.getByRole("searchbox", { name: /To whom/ });
  for (const text of [ben.handle.slice(0, -1), "zwierlein"]) {
    await search.fill(text);
    await expect(ana.page.getByRole("link", { name: ben.handle })).toBeVisible();
  }
  await search.fill("nobody-is-called-this");
  await expect(ana.page.locator(".search__status")).toHaveText("Nobody by that name or handle.");
});

test("whom you find you can write to, and writing leads to the conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Ben");
  await ana.open("/messages/new");
  await ana.page.getByRole("searchbox").fill(ben.handle);
  await ana.page.getByRole("link", { name: ben.handle }).click();
  await expect(ana.page.getByText("Write the first message to Ben.")).toBeVisible();
  await ana.send("hello Ben");
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["hello Ben"]);
});

test("someone you already talk with leads to the conversation", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.open(`/messages/new/${ben.account.handle}`);
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await ben.open(`/messages/new/${ana.account.handle}`);
  await expect(ben.page).toHaveURL(new RegExp(`${path}$`));
});

test("yourself and nobody are answered in words", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  ana.complaints.expectStatus(404, 409);
  expect((await ana.page.goto(`/messages/new/${ana.account.handle}`))?.status()).toBe(409);
  await expect(ana.page.getByRole("heading", { name: "No conversation" })).toBeVisible();
  expect((await ana.page.goto("/messages/new/nobody-is-called-this"))?.status()).toBe(404);
  await expect(ana.page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

test("what is typed while the first message is on its way goes on in the conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  const release = await ana.hold("send_first_message");
  const asked = ana.page.waitForRequest("**/rpc/send_first_message");
  await ana.send("hello Ben");
  await asked;
  await ana.composer.pressSequentially("and another thing");
  release();
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.composer).toHaveValue("and another thing");
});

test("who has turned to something else keeps the focus when the conversation opens", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  const release = await ana.hold("send_first_message");
  await ana.send("hello Ben");
  const menu = ana.page.locator(".account__summary");
  await menu.focus();
  release();
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.page.getByRole("button", { name: "Mark as unread" })).toBeVisible();
  await expect(menu).toBeFocused();
});

test("a first message that the server will not have is said to be unsent, and can be tried again or thrown away", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  ana.complaints.expectStatus(409);
  const refuse = { status: 409, json: { Conflict: "This cannot be." } };
  await ana.page.route("**/rpc/send_first_message", (route) => route.fulfill(refuse), { times: 2 });
  await ana.send("first");
  await expect(ana.page.getByRole("alert")).toHaveText("Not sent. This cannot be.");
  await ana.send("second");
  await expect(ana.page.getByRole("alert")).toHaveCount(2);
  await ana.page.getByRole("button", { name: "Try again" }).last().click();
  // What was refused goes along to the conversation that the other one begins.
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["second", "first"]);
  await expect(ana.page.getByRole("alert")).toHaveCount(1);
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.messages).toHaveText(["second"]);
});
