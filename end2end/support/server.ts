/** Base URL of the server under test. cargo-leptos and the scripts in bin/ set LEPTOS_SITE_ADDR. */
export const serverUrl = `http://${process.env.LEPTOS_SITE_ADDR ?? "127.0.0.1:3000"}`;

/** Returns an environment variable that the scripts in bin/ set; fails if it is missing. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start these tests with bin/test, or in the shell of bin/dev`);
  return value;
}
