import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** Number of times that another conversation is opened. */
const SWITCHES = 10_000;

/** Average number of switches per message. */
const SWITCHES_PER_MESSAGE = 150;

test("@long no message goes to a wrong conversation in ten thousand fast random switches", async ({ people }) => {
  test.setTimeout(600_000);
  const ana = await people.signedIn("Ana");
  const others = await Promise.all(["Ben", "Cy", "Dee", "Eli"].map((name) => people.offline(name)));
  for (const other of others) await ana.startConversation(other, "hello");
  const sent = await ana.page.evaluate(
    async ([switches, perMessage]) => {
      const frames = async (count: number) => {
        for (let n = 0; n < count; n += 1) await new Promise((done) => requestAnimationFrame(done));
      };
      const random = (count: number) => Math.floor(Math.random() * count);
      const open = () => {
        const rows = document.querySelectorAll<HTMLElement>(".conversation");
        rows[random(rows.length)]?.click();
      };
      let sent = 0;
      for (let n = 0; n < switches; n += 1) {
        open();
        // Usually too short for the conversation to appear.
        if (random(4) === 0) await frames(random(6));
        else await new Promise((done) => setTimeout(done));
        if (random(perMessage) > 0) continue;
        await frames(random(10));
        const field = document.querySelector<HTMLTextAreaElement>(".composer__field");
        const name = document.querySelector(".thread__who .heading")?.textContent;
        if (!field?.form || !name) continue;
        const form = field.form;
        field.value = `to ${name}, number ${n}`;
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        // In half of the cases another conversation is already opening when the message is sent.
        if (random(2) === 0) open();
        await frames(random(2));
        if (form.isConnected) form.requestSubmit();
        sent += 1;
      }
      return sent;
    },
    [SWITCHES, SWITCHES_PER_MESSAGE] as const,
  );
  expect(sent).toBeGreaterThan(SWITCHES / SWITCHES_PER_MESSAGE / 4);
  const unsent = () => ana.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("cruddur/unsent/")).length);
  await expect.poll(unsent, { timeout: 120_000 }).toBe(0);
  let arrived = 0;
  for (const { name, handle } of others) {
    // A narrow screen does not show the list beside a conversation.
    await ana.open("/messages");
    await ana.conversations.filter({ hasText: handle }).evaluate((row) => (row as HTMLElement).click());
    await expect(ana.page.locator(".thread__handle")).toHaveText(`@${handle}`);
    const texts = await ana.messages.allTextContents();
    expect(texts.filter((text) => text !== "hello" && !text.startsWith(`to ${name}, number `))).toEqual([]);
    arrived += texts.length - 1;
  }
  expect(arrived).toBeGreaterThan(sent / 4);
});

test("a conversation that is left while its calls are on their way ends without a trace", async ({ people }, project) => {
  // A narrow screen shows no other conversation beside the open one.
  test.skip(project.project.name !== "desktop");
  const { ana, path } = await directConversation(people);
  const cy = await people.offline("Cy");
  const other = await ana.requestConversation(cy, "hello Cy");
  await insertMessages(path, 60);
  await ana.markRead(path, 61);
  for (const [endpoint, press] of [
    ["list_messages", () => ana.page.getByRole("link", { name: "Older messages" }).click()],
    ["mark_unread", () => ana.page.getByRole("button", { name: "Mark as unread" }).click()],
  ] as const) {
    await ana.open(path);
    await expect(ana.messages.last()).toBeInViewport();
    const answer = await ana.holdRequests(endpoint);
    const asked = ana.page.waitForRequest(`**/rpc/${endpoint}`);
    await press();
    await asked;
    const answerOther = await ana.holdRequests("open_conversation");
    await ana.page.locator(`.conversation[href="${other}"]`).click();
    const answered = ana.page.waitForResponse(`**/rpc/${endpoint}`);
    answer();
    await (await answered).finished();
    answerOther();
    await expect(ana.messages).toHaveText(["hello Cy"]);
    await ana.page.unrouteAll();
  }
});
