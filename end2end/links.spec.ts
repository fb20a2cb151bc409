import { expectAccessible } from "./support/accessible.ts";
import { directConversation, row } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { insertMessages, messagePage, replyPath } from "./support/table.ts";

test("a link opens at its message, stays there, and reads only what is in view", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await insertMessages(path, 400);
  const link = (await messagePage(path, 150)).replace(/\/message\/(.*)\/(.*)$/, "?around=$1#m-$2");
  await ben.open(link);
  const linked = ben.page.locator(".message--linked");
  await expect(linked).toBeFocused();
  await expect(linked).toBeInViewport();
  await expect(linked.locator(".message__body")).toHaveText("message 149");
  await expectAccessible(ben.page);
  const top = async () => Math.round((await linked.boundingBox())?.y ?? 0);
  const before = await top();
  await ana.open(path);
  await ana.send("something new");
  await expect(ben.page.locator(".conversation__preview")).toContainText("something new");
  expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
  await expect(ben.page.locator(".conversation .badge")).toContainText("402");
  await ben.page.getByRole("button", { name: /new messages|Newest messages/ }).click();
  await expect(ben.messages.last()).toHaveText("something new");
});

test("a link to the end of unread messages does not read them all", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await insertMessages(path, 60);
  const link = (await messagePage(path, 61)).replace(/\/message\/(.*)\/(.*)$/, "?around=$1#m-$2");
  await ben.open(link);
  const linked = ben.page.locator(".message--linked");
  await expect(linked).toBeFocused();
  await ana.open(path);
  const top = async () => Math.round((await linked.boundingBox())?.y ?? 0);
  const before = await top();
  await ana.send("something new");
  await expect(ben.messages.last()).toHaveText("something new");
  await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
  await ben.page.reload();
  await ben.waitUntilHydrated();
  await expect(linked).toBeFocused();
  await ben.page.goto("/messages");
  await expect(ben.page.locator(".conversation .badge")).toContainText("62");
});

test("a message that is not there any more says so", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.open(`${path}?around=2020-01-01T00:00:00.000000Z#m-00000000-0000-0000-0000-000000000001`);
  await expect(ana.page.getByText("This message is not here any more.")).toBeVisible();
  await expectAccessible(ana.page);
  await ana.page.getByRole("link", { name: "Newest messages" }).click();
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await expect(ana.page.getByText("This message is not here any more.")).toHaveCount(0);
});

test("Back returns from the message of a quote to its answer", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await insertMessages(path, 100);
  await ana.open(await replyPath(path, 1));
  await ana.send("the answer");
  await expect(row(ana, "the answer").getByText("Sent")).toBeVisible();
  await insertMessages(path, 10);
  await ana.markRead(path, 112);
  await ana.open(path);
  const answer = row(ana, "the answer");
  await answer.scrollIntoViewIfNeeded();
  await answer.locator(".message__quote").click();
  await expect(row(ana, "Are you there?")).toBeInViewport();
  await expect(answer).not.toBeInViewport();
  await ana.page.goBack();
  await expect(answer).toBeInViewport();
  await expect(answer).toBeFocused();
});
