import { expectAccessible } from "./support/accessible.ts";
import { openMenu } from "./support/conversation.ts";
import { expect, test, type People, type Person } from "./support/people.ts";

/** Returns Ana and Ben, of whom Ana has sent Ben a request. Ben has the list open. */
async function request(people: People, text: string) {
  const [ana, ben] = await Promise.all([people.withSession("Ana"), people.signedIn("Ben")]);
  const path = await ana.requestConversation(ben, text);
  return { ana, ben, path };
}

/** The link to the list of requests. */
function link(person: Person) {
  return person.page.getByRole("link", { name: /message requests?$/ });
}

/** Opens the list of requests, on which only a narrow screen shows the list of conversations no more. */
async function openRequest(ben: Person, ana: Person): Promise<void> {
  await link(ben).click();
  await expect(ben.page.getByRole("heading", { name: "Message requests" })).toBeVisible();
  await ben.page.getByRole("link", { name: ana.account.handle }).click();
  await expect(ben.page.getByText("wants to write to you")).toBeVisible();
}

test("a request is quiet until it is accepted, and then a conversation like any other", async ({ people }) => {
  const { ana, ben, path } = await request(people, "look: https://example.com/");
  await expect(link(ben)).toHaveText("1 message request");
  await expect(ben.page).toHaveTitle(/^Messages/);
  await expect(ben.conversations).toHaveCount(0);
  await ana.open(path);
  const online = ana.page.locator(".thread__handle").getByTitle("Online");

  await openRequest(ben, ana);
  await expectAccessible(ben.page);
  await expect(ben.messages).toHaveText(["look: https://example.com/"]);
  await expect(ben.page.getByRole("link", { name: "https://example.com/", exact: true })).toHaveCount(0);
  await expect(ben.composer).toHaveCount(0);
  const menu = await openMenu(ben, "look: https://example.com/");
  await expect(menu.getByRole("menuitemcheckbox")).toHaveCount(0);
  await ben.page.keyboard.press("Escape");
  await expect(online).toHaveCount(0);
  await expect(ana.page.locator(".message__receipt").filter({ hasText: /Read|Delivered/ })).toHaveCount(0);

  await ben.page.getByRole("button", { name: "Accept" }).click();
  await expect(ben.composer).toBeVisible();
  await expect(ben.page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(ben.page.getByRole("link", { name: "https://example.com/", exact: true })).toBeVisible();
  await expect(link(ben)).toHaveCount(0);
  await expect(online).toBeVisible();
  await ben.send("welcome");
  await expect(ana.messages).toHaveText(["look: https://example.com/", "welcome"]);
});

test("a request that is accepted in another tab does not lose the focus of the page", async ({ people }) => {
  const { ben, path } = await request(people, "1");
  await ben.open(path);
  await ben.page.getByRole("button", { name: "Accept" }).focus();
  const tab = await ben.inAnotherTab();
  await tab.open(path);
  await tab.page.getByRole("button", { name: "Accept" }).click();
  await expect(ben.composer).toBeVisible();
  await expect(ben.page.getByRole("heading", { level: 1 })).toBeFocused();
});

test("a sender can send three messages, and is told why not more", async ({ people }) => {
  const { ana, ben, path } = await request(people, "1");
  await ana.open(path);
  await ana.send("2");
  await ana.send("3");
  await expect(ana.messages).toHaveText(["1", "2", "3"]);
  ana.errors.expectStatus(409);
  await ana.send("4");
  await expect(ana.page.getByText("You can send 3 messages until this user accepts or answers.")).toBeVisible();
  await ben.open(path);
  await expect(ben.messages).toHaveText(["1", "2", "3"]);
});

test("a deleted request goes without a word, and comes back with the next message", async ({ people }) => {
  const { ana, ben, path } = await request(people, "1");
  await openRequest(ben, ana);
  await ben.page.getByRole("button", { name: "Delete" }).click();
  await expect(ben.page.getByText("You have no message requests.")).toBeVisible();
  await ana.open(path);
  await ana.send("2");
  await expect(ben.page.getByRole("link", { name: ana.account.handle })).toBeVisible();
});

test("the sender of a request can be blocked and reported from it", async ({ people }) => {
  const { ana, ben, path } = await request(people, "1");
  await openRequest(ben, ana);
  await expect(ben.page.getByRole("link", { name: "Report to the operator" })).toHaveAttribute("href", `${path}/report`);
  await ben.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ben.page.getByText("You have blocked")).toBeVisible();
  await ben.open("/messages/requests");
  await expect(ben.page.getByText("You have no message requests.")).toBeVisible();
});

test("a user chooses that nobody can start a conversation", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  await ben.open("/settings");
  await ben.page.getByLabel("Who can start a conversation with you").selectOption("Nobody");
  await ben.page.getByRole("button", { name: "Save" }).click();
  await expect(ben.page.getByText("Settings saved.")).toBeVisible();
  await expectAccessible(ben.page);
  await expect(ben.page.getByLabel("Who can start a conversation with you")).toHaveValue("nobody");
  await ana.open(`/messages/new/${ben.account.handle}`);
  ana.errors.expectStatus(409);
  await ana.send("hello?");
  await expect(ana.page.getByText("This message can't be delivered.")).toBeVisible();
});
