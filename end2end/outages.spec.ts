// Cuts the connections to PostgreSQL, DynamoDB and Cognito while two users write to each other. Each test has its own
// server, so that no other test is affected. OUTAGE_SECS sets the duration of an outage.

import { OwnServer, type Service } from "./support/own-server.ts";
import { expect, test as base, type People } from "./support/people.ts";

const outageMs = 1000 * Number(process.env.OUTAGE_SECS ?? 3);

/** After a long outage, a page retries only every 30 seconds. */
const recovery = { timeout: 45_000 };

const test = base.extend<{ server: OwnServer }>({
  // An automatic fixture: it is set up before `people` and outlives it.
  server: [
    async ({}, use) => {
      const server = await OwnServer.start();
      await use(server);
      const { isRunning } = server;
      await server.stop();
      expect(isRunning, "the server has survived the outage without a restart").toBe(true);
    },
    { auto: true },
  ],
});

test.beforeEach(() => test.setTimeout(120_000 + outageMs));

// There may be several builds of the server, and only the caller knows which one belongs to the site under test.
test.skip(!process.env.SERVER, "SERVER, the executable to start, is not set; bin/test sets it");

/** Returns Ana and Ben, who have their conversation open on the given server. */
async function openConversation(people: People, server: OwnServer) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  for (const person of [ana, ben]) {
    person.errors.expectStatus(503);
    // All servers accept the session, since it is stored in their common database.
    await person.open(server.url + path);
    await expect(person.messages).toHaveText(["hello"]);
  }
  return { ana, ben };
}

const names = { postgres: "PostgreSQL", dynamodb: "DynamoDB" } satisfies Partial<Record<Service, string>>;

for (const service of ["postgres", "dynamodb"] as const) {
  test(`while ${names[service]} is unavailable, pages say so, drafts are kept and messages arrive later`, async ({ people, server }) => {
    const { ana, ben } = await openConversation(people, server);
    server.disconnect(service);
    // The server remembers users for some seconds, and until then needs no PostgreSQL for them.
    for (const person of [ana, ben]) {
      const status = async () => (await person.page.request.get(`${server.url}/messages`)).status();
      await expect.poll(status, { timeout: 10_000 }).toBe(503);
    }
    const outageEnd = Date.now() + outageMs;
    await ana.send("first");
    await ana.send("second");
    await ana.composer.fill("half a sen");
    await expect(ana.page.getByText("Sending…").first()).toBeVisible();
    const other = await ben.inAnotherTab();
    await other.page.goto(`${server.url}/messages`);
    await expect(other.page.getByText(/couldn't be loaded/).first()).toBeVisible();
    await ben.page.waitForTimeout(Math.max(0, outageEnd - Date.now()));
    await expect(ben.messages).toHaveText(["hello"]);

    server.reconnect(service);
    await expect(ben.messages).toHaveText(["hello", "first", "second"], recovery);
    await expect(ana.messages).toHaveText(["hello", "first", "second"]);
    await expect(ana.page.getByText("Sending…")).toHaveCount(0);
    await expect(ana.composer).toHaveValue("half a sen");
    await other.open(`${server.url}/messages`);
    await expect(other.conversations.first()).toContainText("second");
  });
}

test("while Cognito is unavailable, signed-in users keep working, and others see an error and can sign in later", async ({ people, server }) => {
  const { ana, ben } = await openConversation(people, server);
  const cy = await people.registered("Cy");
  cy.errors.expectStatus(503);
  await cy.open(`${server.url}/signin`);
  server.disconnect("cognito");
  const outageEnd = Date.now() + outageMs;
  await ana.send("still here");
  await expect(ben.messages).toHaveText(["hello", "still here"]);
  await cy.submitSignIn();
  await expect(cy.page.getByRole("alert").first()).toBeVisible();
  await expect(cy.page.getByLabel("E-mail")).toHaveValue(cy.account.email);
  await ben.page.waitForTimeout(Math.max(0, outageEnd - Date.now()));

  server.reconnect("cognito");
  await expect(async () => {
    await cy.submitSignIn();
    await expect(cy.page).toHaveURL(/\/messages$/, { timeout: 5_000 });
  }).toPass(recovery);
});
