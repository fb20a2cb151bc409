import { expect, test } from "./support/people.ts";

// F52
test("another spelling of a conversation's address opens it, with its row marked as current", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  const path = await ana.startConversation(ben, "hello");
  for (const spelling of [`${path}/`, path.replace(/[^/]+$/, (id) => id.toUpperCase()), path.replace("/messages/", "/messages//")]) {
    await ana.open(spelling);
    await expect(ana.page).toHaveURL((url) => url.pathname === path);
    await expect(ana.messages).toHaveText(["hello"]);
    await expect(ana.page.locator(".conversation[aria-current]")).toHaveCount(1);
  }
});

// F56
test("an address with percent codes shows the same e-mail address before and after hydration", async ({ people }) => {
  const guest = await people.visitor("Ana");
  for (const [written, read] of [
    ["a%2541@example.com", "a%41@example.com"],
    ["a%252Bb@example.com", "a%2Bb@example.com"],
    ["a%2Bb@example.com", "a+b@example.com"],
  ] as const) {
    await guest.open(`/confirm?email=${written}`);
    await expect(guest.page.getByLabel("E-mail")).toHaveValue(read);
    await guest.open(`/signin?next=%2Fmessages&email=${written}`);
    await expect(guest.page.getByLabel("E-mail")).toHaveValue(read);
  }
});
