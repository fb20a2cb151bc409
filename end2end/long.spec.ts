import type { Page } from "@playwright/test";
import { expect, test } from "./support/people.ts";
import { writeBehindTheServer } from "./support/table.ts";

/** How long a page may be busy at a stretch, in milliseconds, without seeming to be frozen. */
const FROZEN_MS = 1_000;

/** How far something may move that should stay where it is, in pixels. */
const STILL_PX = 1;

test("@long ten thousand messages that were missed arrive in order, and the page does not freeze", async ({ people }) => {
  test.setTimeout(180_000);
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  ben.complaints.expectNoAnswer();
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  await writeBehindTheServer(path, 10_000);
  // Nobody's page is told of these: the list shows what the table's stream has got to when it is asked for.
  await expect(async () => {
    await ana.open("/messages");
    await expect(ana.conversations.first()).toContainText("message 10000", { timeout: 1_000 });
  }).toPass();
  await ben.page.evaluate(() => {
    const state = Object.assign(window, { longestGapMs: 0, notReloaded: true });
    let last = performance.now();
    const look = (now: number) => {
      state.longestGapMs = Math.max(state.longestGapMs, now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await ben.page.context().setOffline(false);
  await expect(ben.messages.last()).toHaveText("message 10000", { timeout: 120_000 });
  const shown = await ben.messages.allTextContents();
  expect(shown.length).toBeLessThanOrEqual(300);
  expect(shown).toEqual(Array.from(shown, (_, n) => `message ${10_000 - shown.length + n + 1}`));
  const state = await ben.page.evaluate(() => {
    const { longestGapMs, notReloaded } = window as unknown as { longestGapMs: number; notReloaded?: boolean };
    return { longestGapMs, notReloaded };
  });
  expect(state.notReloaded).toBe(true);
  expect(state.longestGapMs).toBeLessThan(FROZEN_MS);
  await expect(ben.page.locator(".conversation").first()).toContainText("message 10000");
});

/** Scrolls towards one end of a conversation, so many times, while what is beyond arrives. Answers with how far what was read moved at most. */
async function scrollOn(page: Page, towards: "older" | "newer", times: number): Promise<number> {
  return page.evaluate(
    async ([towards, times]) => {
      const scroller = document.querySelector(".thread__scroller") as HTMLElement;
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const ids = () => Array.from(scroller.querySelectorAll(".message[id]"), (message) => message.id);
      let moved = 0;
      for (let n = 0; n < times; n += 1) {
        const before = ids();
        const beyond = towards === "older" ? () => ids()[0] !== before[0] : () => ids().at(-1) !== before.at(-1);
        // From the bottom up, and so below zero.
        const room = scroller.scrollHeight - scroller.clientHeight;
        scroller.scrollTop = towards === "older" ? -(room - 300) : -300;
        const top = scroller.getBoundingClientRect().top;
        const inView = (message: Element) => message.getBoundingClientRect().bottom > top + 1;
        const read = Array.from(scroller.querySelectorAll(".message[id]")).find(inView) as HTMLElement;
        const place = read.getBoundingClientRect().top;
        for (let frames = 0; !beyond(); frames += 1) {
          if (frames > 600) throw new Error(`nothing came: ${towards}, ${n} of ${times}`);
          await frame();
        }
        await frame();
        await frame();
        moved = Math.max(moved, Math.abs((document.getElementById(read.id) ?? read).getBoundingClientRect().top - place));
      }
      return moved;
    },
    [towards, times] as const,
  );
}

test("@long in a thousand tries, nothing that is read moves when messages arrive or a keyboard opens", async ({ people }) => {
  test.setTimeout(300_000);
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await writeBehindTheServer(path, 10_600);
  await ana.read(path, 10_601);
  await ana.open(path);
  await expect(ana.messages.last()).toHaveText("message 10600");
  expect(await scrollOn(ana.page, "older", 500)).toBeLessThanOrEqual(STILL_PX);
  expect(await scrollOn(ana.page, "newer", 90)).toBeLessThanOrEqual(STILL_PX);

  await ana.open(path);
  await ana.thread.evaluate((scroller) => (scroller.scrollTop = -300));
  const id = await ana.page.locator(".message[id]").nth(-8).getAttribute("id");
  const top = () => ana.page.locator(`#${id}`).evaluate((message) => message.getBoundingClientRect().top);
  for (let n = 1; n <= 25; n += 1) {
    const before = await top();
    await ben.sendAll(path, [`answer ${n}`]);
    await expect(ana.messages.last()).toHaveText(`answer ${n}`);
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(STILL_PX);
  }

  // A keyboard takes the lower part of the page: what stands above the field stays above it.
  await ana.thread.evaluate((scroller) => (scroller.scrollTop = 0));
  const { width, height } = ana.page.viewportSize() ?? { width: 390, height: 844 };
  const distance = () =>
    ana.page.evaluate(() => {
      const [last, field] = [".message:last-child", ".composer"].map((it) => document.querySelector(it)?.getBoundingClientRect());
      return (field?.top ?? 0) - (last?.bottom ?? 0);
    });
  const closed = await distance();
  for (let n = 0; n < 385; n += 1) {
    await ana.page.setViewportSize({ width, height: n % 2 === 0 ? height - 320 : height });
    expect(Math.abs((await distance()) - closed)).toBeLessThanOrEqual(STILL_PX);
  }
});
