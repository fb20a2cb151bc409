// Several tabs of one browser over HTTP/1.1, which allows six connections to a host: the tabs share one event stream.

import { recordCalls } from "./support/calls.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Number of tabs. */
const TABS = 10;

/** Deadline for a message to reach a tab after the tab that held the stream has gone. */
const takeover = { timeout: 5_000 };

/** Records the requests for event streams of all tabs of a browser. */
function recordStreams(person: Person): string[] {
  const streams: string[] = [];
  person.page.context().on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname === "/events") streams.push(search);
  });
  return streams;
}

/** Opens the page in further tabs, one after the other, so that the first one holds the stream. */
async function openTabs(first: Person, path: string, count: number): Promise<Person[]> {
  const tabs = [first];
  await first.open(path);
  while (tabs.length < count) {
    const tab = await first.inAnotherTab();
    await tab.open(path);
    tabs.push(tab);
  }
  return tabs;
}

// F16
test("ten tabs are all open, all send, and all get messages as they come", async ({ people }) => {
  test.setTimeout(120_000);
  const { ana, ben, path } = await directConversation(people);
  const streams = recordStreams(ben);
  const tabs = await openTabs(ben, path, TABS);
  const texts = ["Are you there?"];
  for (const [n, tab] of tabs.entries()) {
    await tab.page.bringToFront();
    await tab.send(`from tab ${n}`);
    texts.push(`from tab ${n}`);
    await expect(tab.messages).toHaveText(texts);
  }
  // A tab shows its own message before it is stored.
  await expect(ana.messages).toHaveText(texts);
  await ana.send("to all tabs");
  for (const tab of tabs) await expect(tab.messages).toHaveText([...texts, "to all tabs"]);
  await ana.composer.press("x");
  for (const tab of tabs) await expect(tab.page.getByText("is typing…")).toBeVisible();
  expect(streams.length, "one stream for all tabs, and one for the list before").toBeLessThanOrEqual(2);
});

// F16
test("when the tab that holds the stream closes, another one takes over, misses nothing and loads nothing again", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const streams = recordStreams(ben);
  const [first, second, third] = await openTabs(ben, path, 3);
  await ana.send("one");
  for (const tab of [second, third]) await expect(tab?.messages ?? ana.messages).toHaveText(["Are you there?", "one"]);
  if (!first || !second || !third) throw new Error("three tabs");
  const calls = recordCalls(third.page);
  const opened = streams.length;
  await first.page.close();
  await ana.send("two");
  for (const tab of [second, third]) {
    await expect(tab.messages).toHaveText(["Are you there?", "one", "two"], takeover);
    await expect(tab.page.getByText("No connection.")).toBeHidden();
  }
  expect(streams.length).toBe(opened + 1);
  expect(streams.at(-1), "the stream continues where the last one ended").toMatch(/^\?after=/);
  // F21
  expect(calls.filter((call) => ["list_conversations", "messages_after", "find_receipts"].includes(call))).toEqual([]);
});

test("a tab that is opened later shows who is online and what the others have read", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await openTabs(ben, path, 1);
  await expect(ben.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  const later = await ben.inAnotherTab();
  await later.open(path);
  await expect(later.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await later.send("read me");
  await expect(ana.messages).toHaveText(["Are you there?", "read me"]);
  for (const tab of [ben, later]) await expect(tab.page.locator(".message__receipt")).toHaveText(/Read|Delivered/);
});

test("when another user signs in in one tab, every tab becomes theirs", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const cy = await people.offline("Cy");
  ana.errors.expectStatus(401);
  const tabs = await openTabs(ana, "/messages", 3);
  const last = tabs[2] ?? ana;
  await last.page.locator(".account__summary").click();
  await last.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(last.page).toHaveURL(/\/signin/);
  await last.waitUntilHydrated();
  await last.handOver(cy).submitSignIn();
  await expect(last.page).toHaveURL(/\/messages$/);
  for (const tab of tabs) {
    await expect(tab.page.locator(".account__handle")).toHaveText(`@${cy.handle}`, { timeout: 30_000 });
  }
});
