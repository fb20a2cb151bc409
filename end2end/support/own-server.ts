import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answersReady } from "./ready.ts";
import { variable } from "./server.ts";

/** The services of a server, by the variable that says where each is. */
const services = {
  postgres: ["DATABASE_URL"],
  dynamodb: ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"],
  cognito: ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"],
} as const;

export type Part = keyof typeof services;

/** A server beside the shared one, over the same services, each of which can be taken from it. */
export class OwnServer {
  private constructor(
    readonly address: string,
    private readonly child: ChildProcess,
    private readonly lines: Record<Part, Line>,
  ) {}

  static async start(): Promise<OwnServer> {
    const env = { ...process.env };
    const lines: Partial<Record<Part, Line>> = {};
    for (const [part, names] of Object.entries(services)) {
      const [first] = names;
      const line = await Line.to(new URL(variable(first)));
      for (const name of names) env[name] = line.leading(variable(first));
      lines[part as Part] = line;
    }
    const place = `127.0.0.1:${await freePort()}`;
    const cwd = new URL("../..", import.meta.url).pathname;
    const child = spawn(variable("SERVER"), { cwd, env: { ...env, LEPTOS_SITE_ADDR: place }, stdio: "ignore" });
    const server = new OwnServer(`http://${place}`, child, lines as Record<Part, Line>);
    await answersReady(server.address);
    return server;
  }

  /** Takes a service away: every connection to it ends, and no new one is made. */
  cut(part: Part): void {
    this.lines[part].cut();
  }

  /** Gives it back. */
  mend(part: Part): void {
    this.lines[part].mend();
  }

  /** Whether it is still the process that was started. */
  get isUp(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (this.isUp) {
      const gone = once(this.child, "exit");
      this.child.kill();
      await gone;
    }
    for (const line of Object.values(this.lines)) line.end();
  }
}

/** Carries TCP connections to a service as long as it is whole. */
class Line {
  readonly #open = new Set<Socket>();
  #whole = true;

  private constructor(private readonly listener: Server) {}

  static async to({ hostname, port }: URL): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener);
    listener.on("connection", (near) => line.#carry(near, connect(Number(port), hostname)));
    await once(listener.listen(0, "127.0.0.1"), "listening");
    return line;
  }

  /** The address of its service, by way of it. */
  leading(service: string): string {
    return service.replace(new URL(service).host, `127.0.0.1:${(this.listener.address() as AddressInfo).port}`);
  }

  cut(): void {
    this.#whole = false;
    for (const socket of this.#open) socket.destroy();
  }

  mend(): void {
    this.#whole = true;
  }

  end(): void {
    this.cut();
    this.listener.close();
  }

  #carry(near: Socket, far: Socket): void {
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.#open.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
      if (!this.#whole) socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}
