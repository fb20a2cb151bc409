import { expect, test, type Person } from "./support/people.ts";

/** Status labels below the user's own messages, oldest first. */
function receipts(person: Person) {
  return person.page.locator(".message__receipt");
}

test("a message is sent, then delivered, then read, and its status survives a reload", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await expect(receipts(ana)).toHaveText(["Sent"]);
  const benOnline = await people.signIn(ben);
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await ana.open(path);
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await benOnline.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await benOnline.open("/messages");
  await ana.send("and this?");
  await expect(receipts(ana)).toHaveText(["Read", "Delivered"]);
  await benOnline.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await expect(benOnline.page.locator(".message--mine")).toHaveCount(0);
});

test("receipts missed while offline are shown once the connection is back", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  ana.errors.expectNetworkFailure();
  await ana.page.context().setOffline(true);
  await expect(ana.page.getByText("No connection.")).toBeVisible();
  await ben.open(path);
  await expect(ben.page.locator(".conversation").first()).not.toContainText("unread");
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await ana.page.context().setOffline(false);
  await expect(receipts(ana)).toHaveText(["Read"]);
});

test("a user who turns receipts off sends none and sees none", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.page.getByText("Account", { exact: true }).locator("..").click();
  await ben.page.getByRole("link", { name: "Settings" }).click();
  await ben.page.getByLabel("Delivery and read receipts").uncheck();
  await ben.page.getByRole("button", { name: "Save" }).click();
  await expect(ben.page.getByText("Settings saved.")).toBeVisible();
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
  await expect(ben.page.getByLabel("Delivery and read receipts")).not.toBeChecked();
});

test("a message that arrives in an unfocused window is delivered, and read once the window has the focus", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  const row = ben.page.locator(".conversation").first();
  await ben.page.addInitScript(() => {
    const state = Object.assign(window, { isFocused: true });
    document.hasFocus = () => state.isFocused;
  });
  const setFocus = (isFocused: boolean) =>
    ben.page.evaluate((isFocused) => {
      Object.assign(window, { isFocused });
      window.dispatchEvent(new Event(isFocused ? "focus" : "blur"));
    }, isFocused);
  await ben.open(path);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await setFocus(false);
  await ana.send("one");
  await ana.send("two");
  await expect(ben.messages).toHaveText(["hello", "one", "two"]);
  // Both are unread. If the first had been marked as read on arrival, only one would be.
  await expect(row).toContainText("2 unread");
  await expect(receipts(ana)).toHaveText(["Read", "Delivered"]);
  await setFocus(true);
  await expect(receipts(ana)).toHaveText(["Read"]);
  await expect(row).not.toContainText("unread");
});

test("a receipt does not move what is being read", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.sendAll(path, Array.from({ length: 28 }, (_, n) => `message ${n + 1}`));
  await ana.open(path);
  await expect(ana.messages.last()).toHaveText("message 28");
  await expect(receipts(ana)).toHaveText(["Delivered"]);
  await ana.scroller.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
  await expect(ana.messages).toHaveCount(29);
  const top = async () => (await ana.page.getByText("message 9", { exact: true }).boundingBox())?.y ?? 0;
  const before = await top();
  // The receipt gets a line of its own, below the view.
  await ben.markRead(path, 27);
  await expect(receipts(ana)).toHaveText(["Read", "Delivered"]);
  await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
});
