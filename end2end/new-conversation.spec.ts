import { focusOn } from "./support/focus.ts";
import { expect, test } from "./support/people.ts";

test("people are found by handle and by name, as you type", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Benedikta Zwierlein");
  await ana.open("/messages/new");
  const search = ana.page.getByRole("searchbox", { name: /^To: name/ });
  for (const text of [ben.handle.slice(0, -1), "zwierlein"]) {
    await search.fill(text);
    await expect(ana.page.getByRole("link", { name: ben.handle })).toBeVisible();
  }
  await search.fill("nobody-is-called-this");
  await expect(ana.page.locator(".search__status")).toHaveText("No people found.");
});

test("a first message to a person found by search opens the conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  await ana.open("/messages/new");
  await ana.page.getByRole("searchbox", { name: /^To: name/ }).fill(ben.handle);
  await ana.page.getByRole("link", { name: ben.handle }).click();
  await expect(ana.page.getByText("Write the first message to Ben.")).toBeVisible();
  await ana.send("hello Ben");
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["hello Ben"]);
});

test("a new message to the peer of an existing conversation opens that conversation", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.open(`/messages/new/${ben.account.handle}`);
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await ben.open(`/messages/new/${ana.account.handle}`);
  await expect(ben.page).toHaveURL(new RegExp(`${path}$`));
});

test("a conversation with yourself or an unknown handle is answered with an explanation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  ana.errors.expectStatus(404, 409);
  expect((await ana.page.goto(`/messages/new/${ana.account.handle}`))?.status()).toBe(409);
  await expect(ana.page.getByRole("heading", { name: "Choose someone else" })).toBeVisible();
  expect((await ana.page.goto("/messages/new/nobody-is-called-this"))?.status()).toBe(404);
  await expect(ana.page.getByRole("heading", { name: "Page not found" })).toBeVisible();
});

test("text typed while the first message is being sent is kept in the new conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  const release = await ana.holdRequests("send_first_message");
  const requested = ana.page.waitForRequest("**/rpc/send_first_message");
  await ana.send("hello Ben");
  await requested;
  await ana.composer.pressSequentially("and another thing");
  release();
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.composer).toHaveValue("and another thing");
});

test("the focus stays where the user has moved it when the new conversation opens", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  const release = await ana.holdRequests("send_first_message");
  await ana.send("hello Ben");
  // A phone shows no header of the site here, but a way back, which stays as well.
  const menu = ana.page.locator(".account__summary");
  const kept = (await menu.isVisible()) ? menu : ana.page.getByRole("link", { name: "Back to all messages" });
  await focusOn(kept);
  release();
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.page.getByRole("button", { name: "Mark as unread" })).toBeVisible();
  await expect(kept).toBeFocused();
});

test("a refused first message is shown as unsent and can be retried or discarded", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  await ana.open(`/messages/new/${ben.handle}`);
  ana.errors.expectStatus(409);
  const refusal = { status: 409, json: { conflict: "message_to_self" } };
  await ana.page.route("**/rpc/send_first_message", (route) => route.fulfill(refusal), { times: 2 });
  await ana.send("first");
  await expect(ana.page.getByRole("alert")).toHaveText("Not sent. You can't message yourself.");
  await ana.send("second");
  await expect(ana.page.getByRole("alert")).toHaveCount(2);
  await ana.page.getByRole("button", { name: "Try again" }).last().click();
  // The retried message starts the conversation, and the refused one moves into it.
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["second", "first"]);
  await expect(ana.page.getByRole("alert")).toHaveCount(1);
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.messages).toHaveText(["second"]);
});

test("a search is there again after Back, and the filter of the list leads to another one", async ({ people }, { project }) => {
  const ana = await people.signedIn("Ana");
  const [ben, cy] = [await people.offline("Ben"), await people.offline("Cy")];
  await ana.call("start_conversation", { handle: cy.handle, id: crypto.randomUUID(), body: "hello" });
  await ana.open("/messages/new");
  const search = ana.page.getByRole("searchbox", { name: /^To: name/ });
  await search.fill(ben.handle);
  await ana.page.getByRole("link", { name: ben.handle }).click();
  await expect(ana.page.getByText("Write the first message to Ben.")).toBeVisible();
  await ana.page.goBack();
  await expect(search).toHaveValue(ben.handle);
  await expect(ana.page.getByRole("link", { name: ben.handle })).toBeVisible();
  // A narrow screen does not show the list here.
  if (project.name !== "desktop") return;
  await ana.page.getByRole("searchbox", { name: "Find a conversation" }).fill("xyzzy");
  await ana.page.getByRole("link", { name: "Search for people" }).click();
  await expect(search).toHaveValue("xyzzy");
  await expect(search).toBeFocused();
  await expect(ana.page.locator(".search__status")).toHaveText("No people found.");
});

test("Back leads from a conversation to the search in which it was found, and a link to a new search", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  const path = await ana.requestConversation(ben, "hello");
  await ana.open("/messages/new");
  const search = ana.page.getByRole("searchbox", { name: /^To: name/ });
  await search.fill(ben.handle);
  await ana.page.getByRole("region", { name: "New message" }).getByRole("link", { name: ben.handle }).click();
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await ana.page.goBack();
  await expect(search).toHaveValue(ben.handle);
  await ana.page.locator("a[href='/messages/new']:visible").first().click();
  await expect(search).toHaveValue("");
  await expect(search).toBeFocused();
  await expect(ana.page).toHaveURL(/\/messages\/new$/);
});

test("Back from a person leads to the place in the search results", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const name = `Quux${Date.now().toString(36)}`;
  await Promise.all(Array.from({ length: 10 }, (_, n) => people.offline(`${name} ${n}`)));
  await ana.page.setViewportSize({ width: 390, height: 500 });
  await ana.open(`/messages/new?q=${name}`);
  const found = ana.page.locator(".people .person");
  await expect(found).toHaveCount(10);
  await found.last().scrollIntoViewIfNeeded();
  await found.last().click();
  await expect(ana.composer).toBeVisible();
  await ana.page.goBack();
  await expect(found.last()).toBeInViewport();
});
