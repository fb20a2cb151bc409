// A page that the server has just rendered shows everything: after hydration it asks for nothing again. Its stream continues
// where the page ends.

import { recordCalls } from "./support/calls.ts";
import { directConversation, row as messageRow } from "./support/conversation.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Time in which a page makes its calls after hydration: longer than all delays of its own. */
const QUIET_MS = 1_500;

/** Loads a page, and returns the calls that it makes. */
async function callsAfterHydration(person: Person, path: string): Promise<string[]> {
  const calls = recordCalls(person.page);
  await person.open(path);
  await person.page.waitForTimeout(QUIET_MS);
  return calls;
}

/** First row of the list, which a phone does not show beside a conversation. */
function row(person: Person) {
  return person.page.locator(".conversation").first();
}

/** Sends a message in the open conversation, and waits until the others have it. */
async function sendTo(sender: Person, recipient: Person, text: string): Promise<void> {
  await sender.send(text);
  await expect(recipient.messages.last()).toHaveText(text);
}

test("a list and a conversation that have just been rendered ask for nothing, and stay up to date", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Read"]);
  expect(await callsAfterHydration(ben, path)).toEqual([]);
  await expect(ben.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await sendTo(ana, ben, "and now?");
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Read"]);
  expect(await callsAfterHydration(ben, "/messages")).toEqual([]);
  await ana.send("in the list");
  await expect(row(ben)).toContainText("in the list");
  await expect(ana.page.locator(".message__receipt").last()).toHaveText("Delivered");
  expect(await callsAfterHydration(ben, "/messages"), "the delivery has been reported").toEqual([]);
});

test("a conversation with an unread message makes one call", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.page.goto("about:blank");
  await ana.send("unread");
  await expect(messageRow(ana, "unread").getByText("Sent")).toBeVisible();
  expect(await callsAfterHydration(ben, path)).toEqual(["mark_read"]);
  await expect(ana.page.locator(".message__receipt").last()).toHaveText("Read");
});

test("a second tab asks for nothing either, shows who is online, and stays up to date", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Read"]);
  for (const opened of ["/messages", path]) {
    const tab = await ben.inAnotherTab();
    expect(await callsAfterHydration(tab, opened), opened).toEqual([]);
    await expect(row(tab).getByTitle("Online")).toBeAttached();
    await ana.send(`for ${opened}`);
    await expect(row(tab)).toContainText(`for ${opened}`);
    await expect(ana.page.locator(".message__receipt").last()).toHaveText("Read");
  }
});

test("a message that is sent between the rendering and the hydration of a page appears", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Read"]);
  ben.errors.expectUnusedPreloads();
  for (const [opened, text] of [[path, "to the conversation"], ["/messages", "to the list"]] as const) {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await ben.page.route("**/*.wasm", async (route) => {
      await released;
      await route.continue();
    });
    const calls = recordCalls(ben.page);
    await ben.page.goto(opened, { waitUntil: "commit" });
    await expect(row(ben)).toBeAttached();
    await ana.send(text);
    await expect(ana.page.locator(".message__receipt").last()).toHaveText("Sent");
    await expect(ben.page.getByText(text)).toHaveCount(0);
    release();
    await ben.waitUntilHydrated();
    await expect(row(ben)).toContainText(text);
    if (opened === path) await expect(ben.messages.last()).toHaveText(text);
    await expect(ana.page.locator(".message__receipt").last()).toHaveText(opened === path ? "Read" : "Delivered");
    await ben.page.unroute("**/*.wasm");
    expect(calls, opened).toEqual([opened === path ? "mark_read" : "mark_delivered"]);
  }
});
