// PostgreSQL, DynamoDB and Cognito go away for real while two people talk: by a server of the test's own, since nobody
// else's is to miss them. OUTAGE_SECS says for how long.

import { OwnServer, type Part } from "./support/own-server.ts";
import { expect, test as base, type People } from "./support/people.ts";

const outage = 1000 * Number(process.env.OUTAGE_SECS ?? 3);

/** After so long an outage a page tries again every 30 seconds. */
const recovery = { timeout: 45_000 };

const test = base.extend<{ server: OwnServer }>({
  // Before the people come, and until they have left.
  server: [
    async ({}, use) => {
      const server = await OwnServer.start();
      await use(server);
      const { isUp } = server;
      await server.stop();
      expect(isUp, "the server that was started is the one that recovered").toBe(true);
    },
    { auto: true },
  ],
});

test.beforeEach(() => test.setTimeout(120_000 + outage));

// Which of the builds that may lie about fits the site under test, nobody else can know.
test.skip(!process.env.SERVER, "SERVER does not say which server to start; bin/test does");

/** Ana and Ben in their conversation, by a server of their own. */
async function talking(people: People, server: OwnServer) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  for (const person of [ana, ben]) {
    person.complaints.expectStatus(503);
    // A session is one of all servers.
    await person.open(server.address + path);
    await expect(person.messages).toHaveText(["hello"]);
  }
  return { ana, ben };
}

const names = { postgres: "PostgreSQL", dynamodb: "DynamoDB" } satisfies Partial<Record<Part, string>>;

for (const part of ["postgres", "dynamodb"] as const) {
  test(`while ${names[part]} is away pages say so, nothing typed is lost, and all of it arrives`, async ({ people, server }) => {
    const { ana, ben } = await talking(people, server);
    server.cut(part);
    const back = Date.now() + outage;
    await ana.send("first");
    await ana.send("second");
    await ana.composer.fill("half a sen");
    await expect(ana.page.getByText("Sending…").first()).toBeVisible();
    const other = await ben.inAnotherTab();
    await other.page.goto(`${server.address}/messages`);
    await expect(other.page.getByText(/cannot be shown/).first()).toBeVisible();
    await ben.page.waitForTimeout(Math.max(0, back - Date.now()));
    await expect(ben.messages).toHaveText(["hello"]);

    server.mend(part);
    await expect(ben.messages).toHaveText(["hello", "first", "second"], recovery);
    await expect(ana.messages).toHaveText(["hello", "first", "second"]);
    await expect(ana.page.getByText("Sending…")).toHaveCount(0);
    await expect(ana.composer).toHaveValue("half a sen");
    await other.open(`${server.address}/messages`);
    await expect(other.conversations.first()).toContainText("second");
  });
}

test("while Cognito is away who is signed in goes on, and who is not is told and gets in later", async ({ people, server }) => {
  const { ana, ben } = await talking(people, server);
  const cy = await people.registered("Cy");
  cy.complaints.expectStatus(503);
  await cy.open(`${server.address}/signin`);
  server.cut("cognito");
  const back = Date.now() + outage;
  await ana.send("still here");
  await expect(ben.messages).toHaveText(["hello", "still here"]);
  await cy.fillSignIn();
  await expect(cy.page.getByRole("alert").first()).toBeVisible();
  await expect(cy.page.getByLabel("E-mail")).toHaveValue(cy.account.email);
  await ben.page.waitForTimeout(Math.max(0, back - Date.now()));

  server.mend("cognito");
  await expect(async () => {
    await cy.fillSignIn();
    await expect(cy.page).toHaveURL(/\/messages$/, { timeout: 5_000 });
  }).toPass(recovery);
});
