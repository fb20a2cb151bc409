import { expect, test, type Person } from "./support/people.ts";

/** What it says below one's own messages about how far they have got, oldest first. */
function receipts(person: Person) {
  return person.page.locator(".message__receipt");
}

test("a message is sent, then delivered, then read, and stays so when the page is loaded again", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.known("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await expect(receipts(ana)).toHaveText(["Sent"]);
  const his = await people.enter(ben);
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await ana.open(path);
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await his.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await his.open("/messages");
  await ana.send("and this?");
  await expect(receipts(ana)).toHaveText(["Read", "Delivered"]);
  await his.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await expect(his.page.locator(".message--mine")).toHaveCount(0);
});

test("what was missed while the page had no connection is asked for", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  ana.complaints.expectNoAnswer();
  await ana.page.context().setOffline(true);
  await expect(ana.page.getByText("No connection.")).toBeVisible();
  await ben.open(path);
  await expect(ben.page.locator(".conversation").first()).not.toContainText("unread");
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await ana.page.context().setOffline(false);
  await expect(receipts(ana)).toHaveText(["Read"]);
});

test("who turns receipts off sends none and sees none", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.page.getByText("Account", { exact: true }).locator("..").click();
  await ben.page.getByRole("link", { name: "Settings" }).click();
  await ben.page.getByLabel("Receipts").uncheck();
  await ben.page.getByRole("button", { name: "Save" }).click();
  await expect(ben.page.getByText("Saved.")).toBeVisible();
  await ben.open(path);
  await ben.send("hello yourself");
  await expect(receipts(ben)).toHaveText(["Sent"]);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "hello yourself"]);
  await expect(receipts(ana)).toHaveText(["Sent"]);
  await ana.send("still there?");
  await expect(ben.messages.last()).toHaveText("still there?");
  await expect(ben.page.locator(".conversation").first()).not.toContainText("unread");
  await expect(receipts(ana)).toHaveText(["Sent"]);
  await ben.open("/settings");
  await expect(ben.page.getByLabel("Receipts")).not.toBeChecked();
});

test("what comes into a window that nobody looks at is delivered, and read once somebody does", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  const row = ben.page.locator(".conversation").first();
  await ben.page.addInitScript(() => {
    const state = Object.assign(window, { isLookedAt: true });
    document.hasFocus = () => state.isLookedAt;
  });
  const look = (isLookedAt: boolean) =>
    ben.page.evaluate((isLookedAt) => {
      Object.assign(window, { isLookedAt });
      window.dispatchEvent(new Event(isLookedAt ? "focus" : "blur"));
    }, isLookedAt);
  await ben.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await look(false);
  await ana.send("one");
  await ana.send("two");
  await expect(ben.messages).toHaveText(["hello", "one", "two"]);
  // Both: had the first been read as it came, one would be left.
  await expect(row).toContainText("2 unread");
  await expect(receipts(ana)).toHaveText(["Read", "Delivered"]);
  await look(true);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await expect(row).not.toContainText("unread");
});
