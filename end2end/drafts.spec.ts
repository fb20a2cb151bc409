import { expectAccessible } from "./support/accessible.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { signOut } from "./support/sign-out.ts";
import { loseOtherMember, messagePage } from "./support/table.ts";

/** Maximum time of a key press in a long text. Generous, because the browser shares two cores with the server. */
const KEY_MS_MAX = 2_000;

// F5
test("two tabs show one draft, and a text sent in one is gone from the other", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.composer.pressSequentially("from the one");
  await expect(other.composer).toHaveValue("from the one");
  await other.composer.press("End");
  await other.composer.pressSequentially(", and the other");
  await expect(ana.composer).toHaveValue("from the one, and the other");
  await ana.sendButton.click();
  await expect(ana.composer).toHaveValue("");
  await expect(other.composer).toHaveValue("");
  await expect(other.sendButton).toBeDisabled();
  await ben.open(path);
  await expect(ben.messages).toHaveText(["Are you there?", "from the one, and the other"]);
});

// F5
test("texts typed in two tabs survive a reload of both", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.composer.pressSequentially("one ");
  await other.composer.press("End");
  await other.composer.pressSequentially("two ");
  await ana.composer.press("End");
  await ana.composer.pressSequentially("three");
  for (const tab of [ana, other]) {
    await tab.open(path);
    await expect(tab.composer).toHaveValue("one two three");
  }
  await ana.sendButton.click();
  await expect(ana.messages).toHaveText(["Are you there?", "one two three"]);
  await expect(other.composer).toHaveValue("");
  await other.open(path);
  await expect(other.composer).toHaveValue("");
});

// F6
test("what is typed before the page is alive and the kept draft are both kept", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.composer.fill("I was about to");
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await ana.page.route(/\.wasm$/, async (route) => {
    await released;
    await route.continue();
  });
  await ana.page.goto(path, { waitUntil: "commit" });
  await ana.composer.pressSequentially("x");
  await expect(ana.page.locator("html")).not.toHaveAttribute("data-hydrated", "");
  release();
  await ana.waitUntilHydrated();
  await expect(ana.composer).toHaveValue("I was about to\nx");
  await ana.open(path);
  await expect(ana.composer).toHaveValue("I was about to\nx");
});

// F37
test("Enter breaks the line where the keyboard is on the screen, and sends elsewhere", async ({ people }) => {
  const { ana } = await directConversation(people);
  const isTouch = await ana.page.evaluate(() => matchMedia("(pointer: coarse)").matches);
  expect(isTouch).toBe(test.info().project.name === "mobile");
  await expect(ana.composer).toHaveAttribute("enterkeyhint", isTouch ? "enter" : "send");
  await ana.composer.pressSequentially("first");
  await ana.composer.press("Enter");
  if (isTouch) {
    await ana.composer.pressSequentially("second");
    await expect(ana.composer).toHaveValue("first\nsecond");
    await ana.sendButton.click();
  }
  const sent = isTouch ? "first\nsecond" : "first";
  await expect(ana.messages.last()).toHaveText(sent, { useInnerText: true });
  await ana.composer.pressSequentially("by shortcut");
  await ana.composer.press("Control+Enter");
  await expect(ana.messages.last()).toHaveText("by shortcut");
  await expect(ana.composer).toHaveValue("");
});

// F47
test("a huge paste is cut where it was put in, and stays quick", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.composer.fill("Dear Ben, bye!");
  await ana.composer.evaluate((field: HTMLTextAreaElement) => {
    field.setRangeText("word ".repeat(400_000), 10, 10);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await expect(ana.page.getByText("was cut to fit 16000 characters").first()).toBeVisible();
  const text = await ana.composer.inputValue();
  expect(text.length).toBe(16_000);
  expect(text.startsWith("Dear Ben, word") && text.endsWith("bye!"), "nothing that was there is lost").toBe(true);
  await ana.composer.press("Control+End");
  await ana.composer.press("Backspace");
  const begun = Date.now();
  await ana.composer.press("?");
  await expect(ana.composer).toHaveValue(/bye\?$/);
  expect(Date.now() - begun).toBeLessThan(KEY_MS_MAX);
  await ana.open("/messages");
  const preview = ana.conversations.first().locator(".conversation__preview");
  await expect(preview).toContainText("Draft: Dear Ben, word");
  expect((await preview.textContent())?.length).toBeLessThan(150);
  await ana.open(path);
  await expect.poll(async () => (await ana.composer.inputValue()).length).toBe(16_000);
});

test("the draft of a first message is in the list, leads to its page, and can be discarded there", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  const { page } = ana;
  const list = page.getByRole("region", { name: "Drafts" });
  await ana.open(`/messages/new/${ben.handle}`);
  await ana.composer.fill("I was about to");
  await expect(list, "the field shows it").toHaveCount(0);
  await page.goto("/messages");
  await ana.waitUntilHydrated();
  await expect(list).toContainText("I was about to");
  await expectAccessible(page);
  await list.getByRole("link", { name: "To Ben" }).click();
  await expect(ana.composer).toHaveValue("I was about to");
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  await tab.page.getByRole("button", { name: "Discard" }).click();
  await expect(tab.page.getByRole("region", { name: "Drafts" })).toHaveCount(0);
  await expect(tab.page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(ana.composer).toHaveValue("");
  expect(await signOut(tab, "accept"), "nothing is left to ask about").toBeUndefined();
});

test("a draft in a conversation whose other member was deleted is shown, and can be discarded", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.composer.fill("I was about to");
  await loseOtherMember(path, (await ana.page.locator("html").getAttribute("data-user")) ?? "");
  await ana.open(path);
  await expect(ana.page.getByText("This user has been deleted.")).toBeVisible();
  await expect(ana.page.getByText("I was about to")).toBeInViewport();
  await expectAccessible(ana.page);
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.page.getByText("I was about to")).toHaveCount(0);
  expect(await signOut(ana, "accept")).toBeUndefined();
});

// F51
test("what the browser refuses to keep is there again after a visit of another page", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const cy = await people.signedIn("Cy");
  const withCy = await ana.startConversation(cy, "hello Cy");
  await ana.open(path);
  await ana.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  const notKept = ana.page.getByText("Not kept:");
  const visit = async (address: string) => ana.page.evaluate((address) => {
    const link = document.createElement("a");
    link.href = address;
    document.querySelector("main")?.append(link);
    link.click();
    link.remove();
  }, address);
  await ana.composer.fill("only in this page");
  await expect(notKept).toBeVisible();
  await visit(withCy);
  await expect(ana.messages).toHaveText(["hello Cy"]);
  await visit(path);
  await expect(ana.composer).toHaveValue("only in this page");
  await ana.composer.fill("");
  await ana.composer.press("ArrowUp");
  await ana.composer.fill("an edit, only in this page");
  await visit(withCy);
  await expect(ana.messages).toHaveText(["hello Cy"]);
  await visit(path);
  await expect(ana.composer).toHaveValue("an edit, only in this page");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.messages).toHaveText(["an edit, only in this page"]);
  // What has been sent or discarded does not come back.
  for (const text of ["sent, and not kept", ""]) {
    await ana.composer.fill(text || "discarded");
    await (text ? ana.sendButton.click() : ana.composer.fill(""));
    await expect(ana.composer).toHaveValue("");
    await visit(withCy);
    await expect(ana.messages).toHaveText(["hello Cy"]);
    await visit(path);
    await expect(ana.messages).toHaveText(["an edit, only in this page", "sent, and not kept"]);
    await expect(ana.composer).toHaveValue("");
  }

  for (const [page, label] of [[await messagePage(path), "Edit message"], [`${path}/report`, "Message to the operator (optional)"]] as const) {
    await visit(page);
    await ana.page.getByLabel(label).fill("typed in vain?");
    await expect(notKept, page).toBeVisible();
    await visit(withCy);
    await expect(ana.messages).toHaveText(["hello Cy"]);
    const asked = ana.page.waitForEvent("dialog").then(async (dialog) => {
      await dialog.dismiss();
      return dialog.type();
    });
    await ana.page.evaluate(() => void window.location.reload());
    expect(await asked, page).toBe("beforeunload");
    await visit(page);
    await expect(ana.page.getByLabel(label)).toHaveValue("typed in vain?");
  }
});
