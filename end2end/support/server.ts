/** Where the server under test answers: cargo-leptos and the scripts in bin/ say so. */
export const address = `http://${process.env.LEPTOS_SITE_ADDR ?? "127.0.0.1:3000"}`;

/** A variable that the scripts in bin/ set. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start these tests with bin/test, or in the shell of bin/dev`);
  return value;
}
