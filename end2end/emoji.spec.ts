import type { Page, Response } from "@playwright/test";
import { expectAccessible } from "./support/accessible.ts";
import { directConversation } from "./support/conversation.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test, type People, type Person } from "./support/people.ts";

/** Path of the emoji table. */
const table = /\/emoji\/[\w-]{22}\.tsv/;

/** Returns the composer's field. While suggestions are shown, it is a combobox. */
const field = (person: Person) => person.page.locator("#body");
const suggestions = (page: Page) => page.getByRole("listbox", { name: "Emoji" });
const option = (page: Page, hasText: string) => suggestions(page).getByRole("option").filter({ hasText });
const button = (page: Page) => page.getByRole("button", { name: "Emoji", exact: true });
const picker = (page: Page) => page.getByRole("dialog", { name: "Emoji" });
const search = (page: Page) => picker(page).getByRole("searchbox", { name: "Search emoji" });
const cell = (page: Page, name: string) => picker(page).getByRole("gridcell", { name, exact: true });

/** Opens a conversation of Ana, and the suggestions once, so that the emoji table is loaded. */
async function anaWithTable(people: People): Promise<Person> {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  await ana.startConversation(ben, "Are you there?");
  await field(ana).pressSequentially(":ta");
  await expect(suggestions(ana.page)).toBeVisible();
  await field(ana).fill("");
  await expect(suggestions(ana.page)).toBeHidden();
  return ana;
}

/** Picks an emoji that the search finds. */
async function pick(page: Page, query: string, name: string): Promise<void> {
  await button(page).click();
  await search(page).fill(query);
  await cell(page, name).click();
  await expect(picker(page)).toBeHidden();
}

test("a shortcode is completed by keys", async ({ people }) => {
  const { ana } = await directConversation(people);
  const { page } = ana;
  await field(ana).pressSequentially("Well :t");
  await expect(suggestions(page)).toBeHidden();
  await field(ana).pressSequentially("ad");
  await expect(option(page, ":tada:")).toHaveAttribute("aria-selected", "true");
  await expect(field(ana)).toHaveRole("combobox");
  await expect(field(ana)).toHaveAttribute("aria-expanded", "true");
  await expect(field(ana)).toHaveAttribute("aria-activedescendant", (await option(page, ":tada:").getAttribute("id")) ?? "");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(field(ana)).toHaveValue("Well 🎉");
  await expect(field(ana)).toHaveRole("textbox");
  await page.keyboard.press("Control+z");
  await expect(field(ana)).toHaveValue("Well :tad");
  await page.keyboard.press("Control+Shift+z");
  await expect(field(ana)).toHaveValue("Well 🎉");

  await field(ana).pressSequentially(" :thumbs");
  await expect(suggestions(page).getByRole("option").first()).toHaveText("👍:thumbsup:");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(option(page, ":thumbsdown:")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Tab");
  await expect(field(ana)).toHaveValue("Well 🎉 👎");
  await expect(field(ana)).toBeFocused();

  await field(ana).pressSequentially(" :tada:");
  await expect(field(ana)).toHaveValue("Well 🎉 👎 🎉");
  await ana.pressSend();
  await expect(ana.messages.last()).toHaveText("Well 🎉 👎 🎉");
});

test("a shortcode is completed by a press, in the middle of a text", async ({ people }) => {
  const ana = await anaWithTable(people);
  await field(ana).fill("( and more");
  await field(ana).evaluate((it: HTMLTextAreaElement) => it.setSelectionRange(1, 1));
  await field(ana).pressSequentially(":rocket");
  await option(ana.page, ":rocket:").click();
  await expect(field(ana)).toHaveValue("(🚀 and more");
  await expect(field(ana)).toBeFocused();
  await ana.page.keyboard.type("!");
  await expect(field(ana)).toHaveValue("(🚀! and more");
});

test("Escape leaves the text alone, and Enter then sends it", async ({ people }) => {
  const ana = await anaWithTable(people);
  await field(ana).pressSequentially("so :ta");
  await expect(suggestions(ana.page)).toBeVisible();
  await ana.page.keyboard.press("Escape");
  await field(ana).pressSequentially("d");
  await expect(suggestions(ana.page)).toBeHidden();
  await ana.pressSend();
  await expect(ana.messages.last()).toHaveText("so :tad");
  await field(ana).pressSequentially(":ta");
  await expect(suggestions(ana.page), "the next one is suggested again").toBeVisible();
});

test("addresses, code and smileys are not completed", async ({ people }) => {
  const ana = await anaWithTable(people);
  for (const text of ["https://a.test/:ta", "https://a.test/(:tada", "`:ta", "see :)", ":-D", "at 10:30", "a:ta"]) {
    await field(ana).fill("");
    await field(ana).pressSequentially(text);
    await expect(field(ana)).toHaveValue(text);
    expect(await suggestions(ana.page).count(), text).toBe(0);
    await ana.pressSend();
    await expect(ana.messages.last()).toHaveText(text);
  }
});

test("an emoji is picked by keys, and inserted at the caret", async ({ people }) => {
  const ana = await anaWithTable(people);
  const { page } = ana;
  await field(ana).fill("ab");
  await field(ana).evaluate((it: HTMLTextAreaElement) => it.setSelectionRange(1, 1));
  await focusOn(button(page));
  await page.keyboard.press("Enter");
  await expect(cell(page, "grinning face")).toBeVisible();
  expect(await picker(page).getByRole("gridcell").count(), "the groups are drawn on demand").toBeLessThan(400);
  await expectAccessible(page);
  await search(page).press("ArrowDown");
  await expect(cell(page, "grinning face")).toBeFocused();
  for (const [key, name] of [
    ["ArrowRight", "grinning face with big eyes"],
    ["End", "face with tears of joy"],
    ["ArrowRight", "slightly smiling face"],
    ["ArrowLeft", "face with tears of joy"],
    ["ArrowUp", ""],
    ["ArrowDown", "grinning face"],
    ["ArrowDown", "slightly smiling face"],
    ["End", "smiling face with heart-eyes"],
    ["Home", "slightly smiling face"],
    ["ArrowRight", "upside-down face"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(name ? cell(page, name) : search(page), key).toBeFocused();
  }
  await expect(picker(page).locator(".emoji-picker__described")).toHaveText("🙃 upside-down face :upside_down_face:");
  await page.keyboard.press("Enter");
  await expect(picker(page)).toBeHidden();
  await expect(field(ana)).toHaveValue("a🙃b");
  await expect(field(ana)).toBeFocused();

  // Escape picks nothing, and returns the focus.
  await button(page).press("Enter");
  await expect(picker(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(picker(page)).toBeHidden();
  await expect(button(page)).toBeFocused();
  await expect(field(ana)).toHaveValue("a🙃b");
});

test("the arrow keys follow the direction of the page, and lead through all groups", async ({ people }) => {
  const ana = await anaWithTable(people);
  const { page } = ana;
  await button(page).click();
  await picker(page).getByRole("button", { name: "Flags" }).click();
  await expect(cell(page, "chequered flag")).toBeFocused();
  await expect(cell(page, "chequered flag")).toBeInViewport();
  await page.keyboard.press("ArrowLeft");
  await expect(cell(page, "white flag")).toHaveCount(1);
  await expect(picker(page).getByRole("grid", { name: "Symbols" }).getByRole("gridcell").last()).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(cell(page, "chequered flag")).toBeFocused();
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  await page.keyboard.press("ArrowRight");
  await expect(picker(page).getByRole("grid", { name: "Symbols" }).getByRole("gridcell").last()).toBeFocused();
  const box = await picker(page).boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= (page.viewportSize()?.width ?? 0)).toBe(true);
});

test("the search finds emoji by name, keyword and shortcode, and Enter picks the first", async ({ people }) => {
  const ana = await anaWithTable(people);
  const { page } = ana;
  await button(page).click();
  await search(page).fill("tipsy");
  await expect(picker(page).getByRole("gridcell")).toHaveText(["🥴"]);
  await search(page).fill("red heart");
  await expect(picker(page).getByRole("gridcell").first()).toHaveText("❤️");
  await search(page).fill("no such emoji");
  await expect(picker(page).getByRole("status")).toHaveText("No emoji found.");
  await expectAccessible(page);
  await search(page).fill("tada");
  await expect(picker(page).getByRole("status")).toHaveText("1 emoji found");
  await search(page).press("Enter");
  await expect(picker(page)).toBeHidden();
  await expect(field(ana)).toHaveValue("🎉");
  await expect(ana.messages).toHaveCount(1);
});

test("recent emoji and the skin tone are kept, until the user signs out", async ({ people }) => {
  const ana = await anaWithTable(people);
  const { page } = ana;
  await pick(page, "rocket", "rocket");
  await button(page).click();
  await picker(page).getByRole("combobox", { name: "Skin tone" }).selectOption("🏿");
  await search(page).fill("thumbs up");
  await expect(cell(page, "thumbs up")).toHaveText("👍🏿");
  await cell(page, "thumbs up").click();
  await expect(field(ana)).toHaveValue("🚀👍🏿");
  await field(ana).fill("");
  await ana.open(new URL(page.url()).pathname);
  await field(ana).pressSequentially(":wave");
  await option(page, ":wave:").click();
  await expect(field(ana)).toHaveValue("👋🏿");
  await field(ana).fill("");
  await button(page).click();
  const recent = picker(page).getByRole("grid", { name: "Recently used" });
  await expect(recent.getByRole("gridcell")).toHaveText(["👋🏿", "👍🏿", "🚀"]);
  await page.keyboard.press("Escape");

  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("/emoji/")).length);
  expect(await kept()).toBe(2);
  await page.goto("/messages");
  await ana.waitUntilHydrated();
  await page.locator(".account__summary").click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/signin$/);
  expect(await kept()).toBe(0);
});

test("the emoji table is loaded when it is first needed, and is not in the code", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  const { page } = ana;
  const files: Response[] = [];
  page.on("response", (response) => files.push(response));
  const tables = () => files.filter((file) => table.test(file.url()));
  await ana.startConversation(ben, "Are you there?");
  await ana.open(new URL(page.url()).pathname);
  await field(ana).pressSequentially("hello :t");
  await expect(field(ana)).toHaveValue("hello :t");
  expect(tables()).toEqual([]);
  const code = new Set(files.map((file) => file.url()).filter((url) => url.endsWith(".wasm")));
  expect(code.size).toBeGreaterThan(0);
  for (const url of code) {
    const file = await page.request.get(url);
    expect((await file.body()).includes("face with tears of joy"), url).toBe(false);
  }
  await field(ana).pressSequentially("ad");
  await expect(option(page, ":tada:")).toBeVisible();
  await button(page).click();
  await expect(cell(page, "grinning face")).toBeVisible();
  expect(tables()).toHaveLength(1);
  const headers = await tables()[0]?.allHeaders();
  expect(headers?.["cache-control"]).toContain("immutable");
  if (process.env.PRECOMPRESSED) expect(headers?.["content-encoding"]).toBe("br");
});

test("a table that cannot be loaded is loaded on request", async ({ people }) => {
  const { ana } = await directConversation(people);
  const { page } = ana;
  ana.errors.expectNetworkFailure();
  await page.route(table, (route) => route.abort("internetdisconnected"));
  await button(page).click();
  await expect(picker(page).getByRole("alert")).toHaveText("Emoji couldn't be loaded.");
  await expectAccessible(page);
  await page.unroute(table);
  await picker(page).getByRole("button", { name: "Try again" }).click();
  await expect(cell(page, "grinning face")).toBeVisible();
  await picker(page).getByRole("button", { name: "Close" }).click();
  await expect(picker(page)).toBeHidden();
  await expect(button(page)).toBeFocused();
});
