import { expect, test } from "./support/people.ts";
import { messagePage } from "./support/table.ts";

test("a message is edited, reacted to, answered and deleted without script", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "helo");
  const page = await messagePage(path);
  await ana.open(page);
  await ana.page.getByLabel("Edit message").fill("hello");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.locator(".message:target")).toContainText("hello");

  await ben.open(page);
  await ben.page.getByRole("button", { name: "React with 🎉" }).click();
  await expect(ben.page.getByText("🎉 You")).toBeVisible();
  await ben.page.getByRole("button", { name: "Remove 🎉" }).click();
  await expect(ben.page.getByText("🎉 You")).toHaveCount(0);
  await ben.page.getByRole("link", { name: "Reply" }).click();
  await expect(ben.page.getByText("Replying to Ana")).toBeVisible();
  await ben.send("hi");
  await expect(ben.page).toHaveURL(new RegExp(`${path}$`));
  await expect(ben.messages).toHaveText(["hello", "hi"]);

  await ana.open(page);
  await ana.page.getByText("Delete…").click();
  await ana.page.getByRole("button", { name: "Delete message" }).click();
  await expect(ana.page).toHaveURL(/around=/);
  await ben.open(page);
  await expect(ben.page.getByText("Message deleted").last()).toBeVisible();
});

test("a link leads to its message without script, also after the sign-in", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "the first");
  const link = (await messagePage(path)).replace(/\/message\/(.*)\/(.*)$/, "?around=$1#m-$2");
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n + 1}`));
  const linked = ana.page.locator(".message--linked");
  await ana.open(link);
  await expect(linked).toContainText("the first");
  await expect(linked).toBeInViewport();

  const elsewhere = await people.inAnotherBrowser(ben);
  await elsewhere.open(link);
  await elsewhere.submitSignIn();
  await expect(elsewhere.page).toHaveURL(/around=/);
  await expect(elsewhere.page.locator(".message--linked")).toBeInViewport();
});
