// Texts in unusual directions and forms, and what is copied and printed of them.

import type { Locator } from "@playwright/test";
import { directConversation } from "./support/conversation.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** A letter with many marks stacked above and below it. */
const stacked = `Z${"\u0300\u0316".repeat(40)}`;

/** Returns the distances of a line of text from the left and right edges of its element, in pixels. */
async function margins(element: Locator, line: string): Promise<{ left: number; right: number }> {
  return element.evaluate((element, line) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const start = node.nodeValue?.indexOf(line) ?? -1;
      if (start < 0) continue;
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, start + line.length);
      const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
      return { left: text.left - box.left, right: box.right - text.right };
    }
    throw new Error(`no line ${line}`);
  }, line);
}

// F39
test("copied messages are lines with author, time and text", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ben.send("I am here.\nAnd here.");
  await expect(ana.messages).toHaveCount(2);
  await ana.send("Good.");
  await expect(ben.messages).toHaveCount(3);
  await ben.open(path);
  await expect(ben.messages).toHaveCount(3);
  const select = (from: number, to: number, skipped: number) =>
    ben.page.evaluate(
      ([from, to, skipped]) => {
        (document.activeElement as HTMLElement | null)?.blur();
        const texts = [...document.querySelectorAll(".message__text")];
        const [first, last] = [texts[from]?.firstChild, texts[to]?.lastChild];
        if (!first || !last) throw new Error("no text");
        document.getSelection()?.setBaseAndExtent(first, skipped, last, last.nodeValue?.length ?? 0);
      },
      [from, to, skipped] as const,
    );
  const copied = async () => {
    await ben.page.keyboard.press("Control+c");
    await ben.composer.fill("");
    await focusOn(ben.composer);
    await ben.page.keyboard.press("Control+v");
    return ben.composer.inputValue();
  };
  const clock = await ben.page.locator(".message__time .time > :first-child").allTextContents();
  const [anas, bens] = [ana.account.name, ben.account.name];
  await select(0, 2, 0);
  expect(await copied()).toBe(
    `${anas}, ${clock[0]}: Are you there?\n${bens}, ${clock[1]}: I am here.\nAnd here.\n${anas}, ${clock[2]}: Good.`,
  );
  await select(0, 1, 4);
  expect(await copied()).toBe(`${anas}, ${clock[0]}: you there?\n${bens}, ${clock[1]}: I am here.\nAnd here.`);
  await select(2, 2, 0);
  expect(await copied(), "a part of one message is copied as it is").toBe("Good.");
});

// F40
test("each line of a message has its own direction, in the field and in the bubble", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const [latin, hebrew, long] = ["hello", "שלום", "a long line that makes the bubble wide"];
  const text = `${latin}\n${hebrew}\n${long}`;
  await ana.send(text);
  await ben.open(path);
  for (const person of [ana, ben]) {
    const bubble = person.page.locator(".message__text").last();
    const [first, second] = [await margins(bubble, latin), await margins(bubble, hebrew)];
    expect(first.left).toBeLessThan(2);
    expect(second.right).toBeLessThan(2);
    expect(second.left).toBeGreaterThan(20);
  }
  await ana.send(`${hebrew}\n${latin}\n${long}`);
  const last = ben.page.locator(".message__text", { hasText: `${hebrew}` }).last();
  await expect(last).toContainText(long);
  expect((await margins(last, hebrew)).right).toBeLessThan(2);
  expect((await margins(last, latin)).left).toBeLessThan(2);
  for (const field of [ana.composer, ben.composer]) {
    expect(await field.evaluate((field) => getComputedStyle(field).unicodeBidi)).toBe("plaintext");
  }
});

// F41
test("long names and stacked marks stay in their places", async ({ people }) => {
  const wide = `Ana ${"W".repeat(44)}${stacked.slice(0, 16)}`;
  const [ana, ben] = await Promise.all([people.signedIn(wide), people.signedIn("Ben")]);
  const path = await ben.startConversation(ana, "hello");
  await ana.open(path);
  await ana.send(`${stacked}${stacked}`);
  await expect(ben.messages).toHaveCount(2);
  await expect(ben.composer).toBeInViewport({ ratio: 1 });
  const head = await ben.page.locator(".thread__head").boundingBox();
  expect(head?.height).toBeLessThan(100);
  const width = await ben.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(width, "nothing is wider than the screen").toBeLessThanOrEqual(0);
  await ben.page.goto("/messages");
  for (const selector of [".conversation__name > bdi", ".conversation__preview > bdi"]) {
    expect(await ben.page.locator(selector).first().evaluate((it) => getComputedStyle(it).overflow)).toBe("hidden");
  }
  await ben.open(path);
  for (const selector of [".message__body", ".thread__who", ".message__author:not(.visually-hidden)"]) {
    expect(await ben.page.locator(selector).first().evaluate((it) => getComputedStyle(it).overflow)).toBe("hidden");
  }
});

// F42
test("a printed conversation contains all loaded messages, and no controls", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n}`));
  await ben.open(path);
  await expect(ben.messages).toHaveCount(25);
  await ben.page.emulateMedia({ media: "print", colorScheme: "dark" });
  const hidden = await ben.scroller.evaluate((scroller) => scroller.scrollHeight - scroller.clientHeight);
  expect(hidden, "no message is cut off").toBeLessThanOrEqual(1);
  const [first, last] = [await ben.messages.first().boundingBox(), await ben.messages.last().boundingBox()];
  expect(first?.y).toBeGreaterThanOrEqual(0);
  expect(last?.y).toBeGreaterThan(first?.y ?? 0);
  for (const control of [ben.composer, ben.page.locator(".header"), ben.page.locator(".thread__ways")]) {
    await expect(control).toBeHidden();
  }
  await expect(ben.page.locator(".message__author").last()).toContainText(ana.account.name);
  const ink = await ben.messages.first().evaluate((body) => getComputedStyle(body).color);
  expect(ink, "dark text, since paper is light").toBe("rgb(26, 11, 43)");
  // Pages of the printed document: all messages do not fit on one.
  const pdf = (await ben.page.pdf({ format: "A5" })).toString("latin1");
  expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(1);
});

// F42
test("before a long conversation is printed, its older messages are loaded", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await insertMessages(path, 59);
  await ana.markRead(path, 60);
  await ana.open(path);
  await ana.page.evaluate(() => {
    window.print = () => (document.documentElement.dataset.printed = `${document.querySelectorAll(".message__body").length}`);
  });
  expect(await ana.messages.count()).toBeLessThan(60);
  await ana.page.keyboard.press("Control+p");
  await expect(ana.page.locator("html")).toHaveAttribute("data-printed", "60");
  await ben.page.close();
});

// F48
test("any date leads to the nearest page of a conversation", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  for (const date of ["0001-01-01", "9999-12-31", "2026-02-28"]) {
    await ana.open(path);
    await ana.page.locator("summary", { hasText: "Go to a date" }).click();
    await ana.page.getByLabel("Show messages from").fill(date);
    await ana.page.getByRole("button", { name: "Go", exact: true }).click();
    await expect(ana.page).toHaveURL(/\?after=/);
    await expect(ana.messages).toHaveText(["Are you there?"]);
  }
  for (const date of ["2026-02-30", "0001-01-01", "tomorrow", "275760-09-13"]) {
    await ana.open(`${path}?on=${date}`);
    await expect(ana.messages).toHaveText(["Are you there?"]);
  }
});
